import { beforeEach, describe, expect, it, vi } from "vitest";
import { IndexUnavailable } from "../../../../shared/ports/asset-index.ts";
import { makeWorld } from "../../fakes/world.ts";
import { EXAMPLE_ASSET } from "./example-asset.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

// SAFETY: the tests look at what they name.
const json = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;

describe("creating an asset", () => {
  it("answers with the asset, its place and where to send the content", async () => {
    const response = await makeWorld().post("/v1/assets", { name: "a.jpg", tags: ["x"] });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe("/v1/assets/ast_00000000000000000000000001");
    expect(await json(response)).toMatchObject({
      name: "a.jpg",
      status: "uploading",
      tags: ["x"],
      upload: { method: "PUT", url: "/v1/assets/ast_00000000000000000000000001/content" },
    });
  });

  it("gives the same asset for the same key, another for another tenant, and refuses another body", async () => {
    const { post, call } = makeWorld();
    const key = { "idempotency-key": "k-1" };
    const first = await json(await post("/v1/assets", { name: "a" }, key));
    expect(first["id"]).toMatch(/^ast_[0-9A-Za-z]{27}$/);
    expect(await json(await post("/v1/assets", { name: "a" }, key))).toEqual(first);
    const conflict = await post("/v1/assets", { name: "b" }, key);
    expect([conflict.status, (await json(conflict))["code"]]).toEqual([422, "idempotency_conflict"]);
    const body = JSON.stringify({ name: "a" });
    const headers = { "content-type": "application/json", ...key };
    const other = await json(await call("/v1/assets", { method: "POST", body, headers, key: "key-of-two" }));
    expect(other["id"]).not.toBe(first["id"]);
  });

  it("points at every field that does not fit", async () => {
    const response = await makeWorld().post("/v1/assets", { name: "", tags: ["a", 7], "a/b": 1 });
    expect(response.status).toBe(422);
    const { errors } = (await json(response)) as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(["/a~1b", "/name", "/tags/1"]);
  });
});

describe("reading an asset", () => {
  it("answers 304 to the tag of the current event, and the asset after the next event", async () => {
    const { call, create } = makeWorld();
    const path = `/v1/assets/${await create()}`;
    const etag = (await call(path)).headers.get("etag") ?? "";
    expect(etag).toBe('W/"1"');
    expect((await call(path, { headers: { "if-none-match": `"x", ${etag}` } })).status).toBe(304);
    await call(`${path}/content`, { method: "PUT", body: "x" });
    expect((await call(path, { headers: { "if-none-match": etag } })).status).toBe(200);
  });

  it("deletes once and finds nothing afterwards", async () => {
    const { call, create } = makeWorld();
    const path = `/v1/assets/${await create()}`;
    expect((await call(path, { method: "DELETE" })).status).toBe(204);
    expect((await call(path, { method: "DELETE" })).status).toBe(404);
    expect((await call(path)).status).toBe(404);
  });

  it("reads the journal from a number on and hands on the time to wait", async () => {
    const { call, create, at } = makeWorld();
    const id = await create();
    const page = await json(await call(`/v1/assets/${id}/events?after=0&waitSeconds=20`));
    expect(page).toMatchObject({ after: 1, events: [{ seq: 1, type: "AssetCreated" }] });
    expect(await json(await call(`/v1/assets/${id}/events?after=1`))).toEqual({ after: 1, events: [] });
    expect(at("ten_one1", id).waits).toEqual([20_000, 0]);
    expect((await call(`/v1/assets/${id}/events?waitSeconds=21`)).status).toBe(422);
  });

  it("pages through insights", async () => {
    const { call, create, at } = makeWorld();
    const id = await create();
    const insight = {
      kind: "shot",
      step: "shots",
      operation: "shots",
      source: { engine: "cpu", model: "m", digest: null },
    };
    const place = {
      confidence: null,
      timeRange: null,
      page: null,
      box: null,
      text: null,
      data: {},
      artifact: null,
      embedding: null,
    };
    for (const n of [1, 2, 3]) at("ten_one1", id).found.push({ id: `shots-${n}`, ...insight, ...place });
    const first = await json(await call(`/v1/assets/${id}/insights?limit=2&kind=shot`));
    expect([(first["insights"] as unknown[]).length, first["next"]]).toEqual([2, "shots-2"]);
    expect(await json(await call(`/v1/assets/${id}/insights?after=shots-2`))).toMatchObject({
      insights: [{ id: "shots-3" }],
      next: null,
    });
  });
});

describe("listing assets", () => {
  const ids = [5, 4, 3, 2, 1].map((n) => `ast_0000000000000000000000000${n}`);
  const {
    steps: _s,
    progress: _p,
    jobId: _j,
    artifacts: _a,
    inspectionErrors: _i,
    uploadedAt: _u,
    inspectedAt: _n,
    ...summary
  } = EXAMPLE_ASSET;

  it("walks all pages in order and ends with null", async () => {
    const { call, summaries } = makeWorld();
    summaries.push(...ids.map((id) => ({ ...summary, id })));
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const page: Response = await call(`/v1/assets?limit=2${next === null ? "" : `&cursor=${next}`}`);
      const body = (await page.json()) as { assets: { id: string }[]; next: string | null };
      seen.push(...body.assets.map(({ id }) => id));
      next = body.next;
    } while (next !== null);
    expect(seen).toEqual(ids);
  });

  it("refuses a cursor of other filters, of another tenant, or of nobody", async () => {
    const { call, summaries } = makeWorld();
    summaries.push(...ids.map((id) => ({ ...summary, id })));
    const { next } = await json(await call("/v1/assets?limit=2"));
    for (const [path, key] of [
      [`/v1/assets?status=failed&cursor=${String(next)}`, "key-of-one"],
      [`/v1/assets?cursor=${String(next)}`, "key-of-two"],
      ["/v1/assets?cursor=made-up", "key-of-one"],
    ] as const) {
      const response = await call(path, { key });
      expect([response.status, (await json(response))["code"]]).toEqual([422, "invalid_cursor"]);
    }
  });

  it("answers 503 with a time to wait when the index does not answer", async () => {
    const list = async (): Promise<never> => {
      throw new IndexUnavailable("down");
    };
    const never = (): never => {
      throw new Error("not asked");
    };
    const index = {
      list,
      indexedSeq: never,
      apply: never,
      stalled: never,
      searchText: never,
      searchTrigram: never,
      hydrate: never,
    };
    const response = await makeWorld({ index }).call("/v1/assets");
    expect([response.status, response.headers.get("retry-after"), (await json(response))["code"]]).toEqual([
      503,
      "5",
      "index_unavailable",
    ]);
  });
});
