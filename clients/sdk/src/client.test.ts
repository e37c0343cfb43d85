import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { analyse } from "../../../workers/api/fakes/analysis.ts";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld, type World } from "../../../workers/api/fakes/world.ts";
import { AimaClient } from "./client.ts";
import { fileSource } from "./file-source.ts";

const FAST = { initialIntervalMs: 1, maximumIntervalMs: 5 };

let world: World;
let client: AimaClient;
let baseUrl: string;
let close: () => Promise<void>;
/** Answers in place of the API, in order, as long as there are any. */
let instead: (() => Response)[];
let seen: Request[];

beforeEach(async () => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  world = makeWorld();
  instead = [];
  seen = [];
  ({ baseUrl, close } = await serve(async (request) => {
    seen.push(request);
    const other = instead.shift();
    return other === undefined ? world.app.fetch(request) : other();
  }));
  client = new AimaClient({ baseUrl, apiKey: KEY, retry: FAST });
});
afterEach(() => close());

const unavailable = (): Response => new Response(null, { status: 503, headers: { "retry-after": "0" } });
const lost = (): Response => {
  throw new Error("connection lost");
};
const source = (text: string) => ({ name: "a.txt", sizeBytes: text.length, open: () => new Blob([text]).stream() });

describe("AimaClient", () => {
  it("uploads a stream, completes it and tells the progress", async () => {
    const sent: number[] = [];
    const asset = await client.assets.upload(source("hello"), {
      tags: ["t"],
      onProgress: ({ sentBytes }) => sent.push(sentBytes),
    });
    expect(asset).toMatchObject({ status: "inspecting", sizeBytes: 5, tags: ["t"] });
    expect(sent).toEqual([5]);
    expect(await new Response(await client.assets.download(asset.id, "bytes=1-2")).text()).toBe("el");
  });

  it("leaves the upload open when asked to, and completes it later", async () => {
    const asset = await client.assets.upload(source("hello"), { complete: false });
    expect(asset.status).toBe("uploading");
    expect((await client.assets.complete(asset.id)).status).toBe("inspecting");
  });

  it("uploads a file of this machine", async () => {
    const folder = await mkdtemp(join(tmpdir(), "aima-sdk-"));
    try {
      await writeFile(join(folder, "b.bin"), Buffer.alloc(3_000_000, 7));
      const asset = await client.assets.upload(await fileSource(join(folder, "b.bin")));
      expect(asset).toMatchObject({ name: "b.bin", sizeBytes: 3_000_000 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("creates one asset when the first answer is lost", async () => {
    instead = [lost, unavailable];
    await client.assets.create({ name: "a" });
    const keys = seen.map(({ headers }) => headers.get("idempotency-key"));
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(world.assets.size).toBe(1);
  });

  it("answers with the asset when an upload has arrived and its answer was lost", async () => {
    const arrived = await serve(async (request) => {
      const answer = await world.app.fetch(request);
      if (request.method === "PUT" && answer.ok) throw new Error("connection lost");
      return answer;
    });
    try {
      const careful = new AimaClient({ baseUrl: arrived.baseUrl, apiKey: KEY, retry: FAST });
      expect(await careful.assets.upload(source("hello"))).toMatchObject({ status: "inspecting", sizeBytes: 5 });
    } finally {
      await arrived.close();
    }
  });

  it("sends the content again from the beginning after a lost connection", async () => {
    let attempts = 0;
    const flaky: typeof fetch = (input, init) => {
      const isPut = init?.method === "PUT";
      attempts += isPut ? 1 : 0;
      return isPut && attempts === 1 ? Promise.reject(new TypeError("fetch failed")) : fetch(input, init);
    };
    const asset = await new AimaClient({ baseUrl, apiKey: KEY, retry: FAST, fetch: flaky }).assets.upload(
      source("hello"),
    );
    expect([attempts, asset.sizeBytes]).toEqual([2, 5]);
  });

  it("gives up after the last attempt and says that nothing answers", async () => {
    const nowhere = new AimaClient({
      baseUrl: "http://127.0.0.1:9",
      apiKey: KEY,
      retry: { ...FAST, maximumAttempts: 2 },
    });
    await expect(nowhere.assets.get("ast_x")).rejects.toMatchObject({
      name: "AimaError",
      status: 0,
      code: "network_error",
    });
  });

  it("throws the API's problem, not repeated, with code, fix and request id", async () => {
    await expect(client.assets.get("ast_99999999999999999999999999")).rejects.toMatchObject({
      status: 404,
      code: "not_found",
      fix: "Check the id; deleted assets are not found.",
      requestId: expect.stringMatching(/^req_/),
    });
    expect(seen).toHaveLength(1);
    const stranger = new AimaClient({ baseUrl, apiKey: "wrong", retry: FAST });
    await expect(stranger.search("a")).rejects.toMatchObject({ status: 401, code: "unauthorized" });
  });

  it("waits until the analysis has ended and reads what was found", async () => {
    const asset = await client.assets.upload(source("hello"));
    const statuses: string[] = [];
    const finished = client.assets.waitUntilFinished(asset.id, {
      onChange: ({ status }) => {
        statuses.push(status);
        if (statuses.length === 1) void analyse(world.at("ten_one1", asset.id));
      },
    });
    expect(await finished).toMatchObject({ status: "analysed", insightCount: 1 });
    expect(statuses.at(0)).toBe("inspecting");
    const texts: (string | null)[] = [];
    for await (const { text } of client.assets.insights(asset.id)) texts.push(text);
    expect(texts).toEqual(["mostly teal"]);
  });

  it("stops waiting when the time is up", async () => {
    const asset = await client.assets.upload(source("hello"));
    await expect(client.assets.waitUntilFinished(asset.id, { timeoutMs: 0 })).rejects.toMatchObject({
      code: "timeout",
    });
  });

  it("lists across pages, reads events, searches and deletes", async () => {
    const { id } = await client.assets.create({ name: "a" });
    expect((await client.assets.events(id)).events.map(({ type }) => type)).toEqual(["AssetCreated"]);
    for await (const _ of client.assets.list({ status: "failed" })) throw new Error("the index is empty");
    expect(world.listed).toEqual([{ status: "failed", limit: 101 }]);
    await client.search("two words", { mediaType: ["image", "audio"], limit: 3 });
    expect(world.searched[0]).toMatchObject({ q: "two words", mediaTypes: ["image", "audio"], limit: 3 });
    await client.assets.delete(id);
    await expect(client.assets.get(id)).rejects.toMatchObject({ code: "not_found" });
  });

  it("restores, looks back, and sees how a purge goes", async () => {
    const { id } = await client.assets.create({ name: "a" });
    await client.assets.delete(id);
    expect(await client.assets.restore(id)).toMatchObject({ id, status: "uploading", seq: 3 });
    expect(await client.assets.get(id, { asOfSeq: 2 })).toMatchObject({ status: "deleted", seq: 2 });
    await expect(client.assets.rerun(id, { fromStep: "ocr" })).rejects.toMatchObject({ code: "asset_busy" });
    await expect(client.assets.retrySaga(id)).rejects.toMatchObject({ code: "saga_not_stuck" });
    await expect(client.assets.abandonSaga(id)).rejects.toMatchObject({ code: "saga_not_stuck" });
    await client.assets.delete(id, { purge: true });
    expect(await client.assets.saga(id)).toMatchObject({ status: "deleted", saga: { kind: "purge" } });
    await expect(client.assets.restore(id)).rejects.toMatchObject({ code: "asset_purged", status: 410 });
  });
});
