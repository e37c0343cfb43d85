import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const GIVEN = { AIMA_URL: "http://127.0.0.1:8787/", AIMA_AGENT_TOKEN: "a-token" };

test("a configuration has defaults for all but address and token", () => {
  const reading = readConfig(GIVEN);
  expect(reading).toMatchObject({
    ok: true,
    config: {
      url: "http://127.0.0.1:8787",
      concurrency: 2,
      limits: { memoryBytes: 2_147_483_648, timeoutMs: 120_000 },
      exitWithParent: false,
    },
  });
  expect(reading.ok && reading.config.agentId).toMatch(/^agt_[A-Za-z0-9_-]{12}$/);
});

test.each([
  [{ ...GIVEN, AIMA_URL: "ftp://host" }, "AIMA_URL"],
  [{ ...GIVEN, AIMA_AGENT_TOKEN: "" }, "AIMA_AGENT_TOKEN"],
  [{ ...GIVEN, AIMA_AGENT_ID: "me" }, "AIMA_AGENT_ID"],
  [{ ...GIVEN, AIMA_AGENT_CONCURRENCY: "0" }, "AIMA_AGENT_CONCURRENCY"],
])("a wrong variable is named without its value", (environment, name) => {
  const reading = readConfig(environment);
  expect(reading.ok ? [] : reading.problems.map((problem) => problem.split(":")[0])).toEqual([name]);
});
