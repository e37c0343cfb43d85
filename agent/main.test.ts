import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WireServer } from "./testing/wire-server.ts";

let server: WireServer;
let scratchDir: string;

beforeEach(async () => {
  server = await WireServer.start();
  scratchDir = await mkdtemp(join(tmpdir(), "aima-agent-test-"));
});
afterEach(async () => {
  await server.stop();
  await rm(scratchDir, { recursive: true, force: true });
});

function startAgent(environment: Record<string, string>): { child: ChildProcess; lines: string[] } {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./main.ts", import.meta.url))], {
    env: {
      PATH: process.env["PATH"],
      AIMA_URL: server.url,
      AIMA_AGENT_TOKEN: server.token,
      AIMA_AGENT_DIR: scratchDir,
      ...environment,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => lines.push(...text.trim().split("\n")));
  return { child, lines };
}

test("an agent registers, analyses a picture, reports everything and ends on SIGTERM", async () => {
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#2040a0" } })
    .png()
    .toBuffer();
  server.leases.push(
    server.lease(picture, [
      { id: "colours", operation: "colours", parameters: {} },
      { id: "thumbnail", operation: "thumbnail", parameters: {} },
      { id: "caption", operation: "caption", parameters: {} },
    ]),
  );
  const { child, lines } = startAgent({ AIMA_AGENT_ID: "agt_test1", AIMA_AGENT_CONCURRENCY: "1" });
  await expect.poll(() => [...server.reports.values()].at(-1)?.type, { timeout: 20_000 }).toBe("succeeded");
  const partials = server.inOrder().filter((report) => report.type === "partial");
  expect(partials.map(({ step, status }) => `${step} ${status}`)).toEqual([
    "caption skipped",
    "thumbnail succeeded",
    "colours succeeded",
  ]);
  expect(partials[2]?.insights[0]?.text).toBe("blue");
  expect(server.registered[0]).toMatchObject({ agentId: "agt_test1", concurrency: 1, engines: [{ name: "cpu" }] });
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(server.violations).toEqual([]);
  expect(lines.join("\n")).not.toMatch(/https?:|a-pool-token/);
});

test("an agent with a wrong token ends with an explanation", async () => {
  const { child, lines } = startAgent({ AIMA_AGENT_TOKEN: "wrong" });
  expect(await once(child, "exit")).toEqual([1, null]);
  expect(lines.at(-1)).toContain("check AIMA_AGENT_TOKEN");
  expect(lines.join("\n")).not.toContain("wrong");
});

test("an agent without configuration names what is missing", async () => {
  const { child, lines } = startAgent({ AIMA_URL: "", AIMA_AGENT_TOKEN: "" });
  expect(await once(child, "exit")).toEqual([1, null]);
  expect(lines.join("\n")).toMatch(/AIMA_URL[^]*AIMA_AGENT_TOKEN/);
});

test("an agent that is told to ends with its parent", async () => {
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const shell = spawn("sh", ["-c", '"$0" "$1" & read line', process.execPath, main], {
    env: {
      PATH: process.env["PATH"],
      AIMA_URL: server.url,
      AIMA_AGENT_TOKEN: server.token,
      AIMA_AGENT_DIR: scratchDir,
      AIMA_AGENT_EXIT_WITH_PARENT: "1",
    },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let output = "";
  shell.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await expect.poll(() => output, { timeout: 20_000 }).toContain("registered");
  shell.stdin.end();
  // The pipe of the agent's log closes when the agent is gone.
  await once(shell, "close");
  expect(output).toContain("parent_gone");
});
