/**
 * Messages that a queue loses: the local queues live in memory only. Files wait for their inspection and for the
 * index, the Workers are killed, and what the queues held is gone with them. Nobody asks any asset for anything after
 * that: lists and searches are answered by Postgres alone. Every file is analysed and indexed in the end.
 */
import { fileSource } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSamples, type Sample } from "../../local/samples/samples.ts";
import { type LocalStack, startLocalStack, until } from "../support/local-stack.ts";
import { descendants } from "../support/processes.ts";

let stack: LocalStack;
let samples: Sample[];

beforeAll(async () => {
  stack = await startLocalStack();
  samples = await makeSamples(`${stack.dataDir}/samples`);
});
afterAll(() => stack.stop());

/** What the index knows as analysed: no asset or job is woken by the question. */
async function analysed(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of stack.client.assets.list({ status: "analysed" })) ids.push(id);
  return ids.toSorted();
}

describe("when the queues lose what they hold", () => {
  it("ends with every file analysed and indexed, without any call", async () => {
    const inspector = stack.find("local/inspector/process.ts").pid;
    const stopped = [
      inspector,
      ...descendants(inspector).map(({ pid }) => pid),
      stack.find("local/postgres/process.ts").pid,
    ];
    const before = stack.find("local/workers/process.ts").pid;
    for (const pid of stopped) process.kill(pid, "SIGSTOP");
    const uploaded: string[] = [];
    try {
      for (const { name, path } of samples) {
        const { id, status } = await stack.client.assets.upload({ ...(await fileSource(path)), name });
        expect(`${name}: ${status}`).toBe(`${name}: inspecting`);
        uploaded.push(id);
      }
      // The messages of all of them are sent, and nobody can act on any.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      for (const id of uploaded) expect((await stack.client.assets.get(id)).status).toBe("inspecting");
    } finally {
      process.kill(before, "SIGKILL");
      for (const pid of stopped) process.kill(pid, "SIGCONT");
    }
    const found = await until(async () => {
      const ids = await analysed().catch(() => []);
      return ids.length >= uploaded.length ? ids : null;
    });
    expect(found).toEqual(uploaded.toSorted());
    expect(stack.find("local/workers/process.ts").pid).not.toBe(before);
    for (const { name, query } of samples) {
      if (query === null) continue;
      const first = await until(async () => {
        const answer = await stack.client.search(query).catch(() => null);
        return answer?.hits[0]?.assetName === name ? answer.hits[0] : null;
      });
      expect(first.assetName).toBe(name);
    }
    for (const id of uploaded) {
      const { events } = await stack.client.assets.events(id, { limit: 500 });
      expect(events.filter(({ type }) => type === "AssetInspected")).toHaveLength(1);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    }
  });
});
