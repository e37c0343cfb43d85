/** Postgres is stopped for a minute while files are uploaded: work goes on, search says so, the index catches up. */
import { fileSource } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSamples, type Sample } from "../../local/samples/samples.ts";
import { type LocalStack, startLocalStack, until } from "../support/local-stack.ts";

const AWAY_MS = 60_000;

let stack: LocalStack;
let samples: Sample[];

beforeAll(async () => {
  stack = await startLocalStack();
  samples = await makeSamples(`${stack.dataDir}/samples`);
});
afterAll(() => stack.stop());

describe("while Postgres is stopped", () => {
  it("uploads and analyses, answers search with 503, and catches up by itself", async () => {
    const postgres = stack.find("local/postgres/process.ts").pid;
    process.kill(postgres, "SIGSTOP");
    const stoppedAt = Date.now();
    try {
      const assets = await Promise.all(
        samples.map(async ({ name, path }) => stack.client.assets.upload({ ...(await fileSource(path)), name })),
      );
      for (const { id } of assets) {
        const { status, name } = await stack.client.assets.waitUntilFinished(id);
        expect(`${name}: ${status}`).toBe(`${name}: analysed`);
      }
      expect(Date.now() - stoppedAt).toBeLessThan(AWAY_MS);
      const search = await fetch(`${stack.baseUrl}/v1/search?q=harbour`, {
        headers: { authorization: `Bearer ${stack.apiKey}` },
      });
      expect(search.status).toBe(503);
      expect(search.headers.get("content-type")).toContain("application/problem+json");
      expect(await search.json()).toMatchObject({ code: "search_unavailable" });
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS - (Date.now() - stoppedAt)));
    } finally {
      process.kill(postgres, "SIGCONT");
    }
    for (const { name, query } of samples) {
      if (query === null) continue;
      const first = await until(async () => {
        const hits = await stack.client.search(query).then(
          (answer) => answer.hits,
          () => [],
        );
        return hits[0]?.assetName === name ? hits[0] : null;
      }, 1_000);
      expect(first.assetName).toBe(name);
    }
  });
});
