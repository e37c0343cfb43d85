/** Deleting, restoring, analysing again, looking back, and helping what is stuck: what each route takes and refuses. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { analyse } from "../../fakes/analysis.ts";
import { makeWorld, type World } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

// SAFETY: the tests look at what they name.
const json = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;
const outcome = async (response: Response): Promise<unknown> => [response.status, (await json(response))["code"]];

async function analysed(world: World, body: object = { name: "a.png" }): Promise<string> {
  const id = await world.create(body);
  await world.call(`/v1/assets/${id}/content?complete=true`, { method: "PUT", body: "x" });
  await analyse(world.at("ten_one1", id));
  return `/v1/assets/${id}`;
}

describe("deleting and restoring", () => {
  it("hides the asset, and brings it back as it was", async () => {
    const world = makeWorld();
    const { call } = world;
    const path = await analysed(world);
    const before = await json(await call(path));
    expect((await call(path, { method: "DELETE" })).status).toBe(204);
    expect((await call(path)).status).toBe(404);
    expect(await json(await call(`${path}/saga`))).toMatchObject({ status: "deleted", saga: null });
    const restored = await call(`${path}/restore`, { method: "POST" });
    expect(restored.status).toBe(200);
    const { seq: _s, updatedAt: _u, ...rest } = before;
    expect(await json(restored)).toMatchObject(rest);
    expect((await call(`${path}/restore`, { method: "POST" })).status).toBe(200);
  });

  it("answers 410 once a purge has begun, and takes no other word for it than true and false", async () => {
    const world = makeWorld();
    const { call } = world;
    const path = await analysed(world);
    expect((await call(`${path}?purge=1`, { method: "DELETE" })).status).toBe(422);
    expect((await call(path, { method: "DELETE" })).status).toBe(204);
    expect((await call(`${path}?purge=true`, { method: "DELETE" })).status).toBe(204);
    expect(await outcome(await call(`${path}/restore`, { method: "POST" }))).toEqual([410, "asset_purged"]);
    expect(await json(await call(`${path}/saga`))).toMatchObject({
      status: "deleted",
      restorableUntil: null,
      saga: { kind: "purge", status: "running" },
    });
  });
});

describe("analysing again", () => {
  it("answers 202 with the asset at work, from a step or from the beginning", async () => {
    const world = makeWorld();
    const path = await analysed(world);
    const rerun = await world.post(`${path}/rerun`, { fromStep: "ocr" });
    expect(rerun.status).toBe(202);
    const { status, steps } = (await json(rerun)) as { status: string; steps: { id: string; status: string }[] };
    expect(status).toBe("analysing");
    expect(steps.filter((step) => step.status === "pending").map(({ id }) => id)).toEqual(["ocr"]);
    const other = await analysed(world);
    expect((await world.call(`${other}/rerun`, { method: "POST" })).status).toBe(202);
  });

  it("begins once under a key, and refuses the key for another step", async () => {
    const world = makeWorld();
    const path = await analysed(world);
    const rerun = (fromStep: string, key: string) =>
      world.post(`${path}/rerun`, { fromStep }, { "idempotency-key": key });
    const first = await json(await rerun("ocr", "k-1"));
    const again = await rerun("ocr", "k-1");
    expect([again.status, await json(again)]).toEqual([202, first]);
    expect(await outcome(await rerun("embed", "k-1"))).toEqual([422, "idempotency_conflict"]);
    expect(await outcome(await rerun("ocr", "k-2"))).toEqual([409, "asset_busy"]);
    expect(await outcome(await rerun("ocr", "k 3"))).toEqual([422, "invalid_request"]);
  });

  it("refuses an asset at work, one without an analysis, and steps that are not its own", async () => {
    const world = makeWorld();
    const path = await analysed(world);
    expect(await json(await world.post(`${path}/rerun`, { fromStep: "nothing" }))).toMatchObject({
      status: 422,
      code: "invalid_request",
      errors: [{ pointer: "/fromStep" }],
    });
    await world.post(`${path}/rerun`, {});
    expect(await outcome(await world.post(`${path}/rerun`, {}))).toEqual([409, "asset_busy"]);
    const id = await world.create();
    await world.call(`/v1/assets/${id}/content?complete=true`, { method: "PUT", body: "x" });
    world.at("ten_one1", id).change({ type: "expire-inspection" });
    expect(await outcome(await world.post(`/v1/assets/${id}/rerun`, {}))).toEqual([409, "asset_not_analysable"]);
  });
});

describe("looking back", () => {
  it("shows the asset as it was after an event, and 404 for one that has not happened", async () => {
    const world = makeWorld();
    const path = await analysed(world);
    expect(await json(await world.call(`${path}?asOfSeq=1`))).toMatchObject({ seq: 1, status: "uploading" });
    const now = await json(await world.call(path));
    expect(await json(await world.call(`${path}?asOfSeq=${String(now["seq"])}`))).toEqual(now);
    expect(await outcome(await world.call(`${path}?asOfSeq=9999`))).toEqual([404, "not_found"]);
    for (const asOfSeq of ["0", "-1", "1.5", "x"])
      expect(await outcome(await world.call(`${path}?asOfSeq=${asOfSeq}`))).toEqual([422, "invalid_request"]);
  });
});

describe("a saga", () => {
  const stuck = async (world: World): Promise<string> => {
    const path = await analysed(world);
    const asset = world.at("ten_one1", path.split("/").at(-1) ?? "");
    await asset.delete({ purge: true });
    const number = asset.journal.filter(({ type }) => type === "SagaStarted").length;
    const reason = { code: "cancel-jobs_failed", detail: "away" };
    for (let times = 0; times < 16; times += 1)
      asset.change({ type: "saga-step-failed", saga: number, step: "cancel-jobs", reason });
    return path;
  };

  it("that is stuck says why, and goes on or is given up", async () => {
    const world = makeWorld();
    const path = await stuck(world);
    expect(await json(await world.call(`${path}/saga`))).toMatchObject({
      saga: { status: "stuck", attempts: 16, reason: { code: "cancel-jobs_failed", detail: "away" }, retryAt: null },
    });
    const retried = await world.call(`${path}/saga/retry`, { method: "POST" });
    expect([retried.status, await json(retried)]).toMatchObject([200, { saga: { status: "running", attempts: 0 } }]);
    const other = await stuck(world);
    const abandoned = await world.call(`${other}/saga/abandon`, { method: "POST" });
    expect([abandoned.status, await json(abandoned)]).toMatchObject([200, { saga: { status: "abandoned" } }]);
  });

  it("that is not stuck can be neither given up nor, once it has ended, retried", async () => {
    const world = makeWorld();
    const path = `/v1/assets/${await world.create()}`;
    expect((await json(await world.call(`${path}/saga`)))["saga"]).toBeNull();
    for (const action of ["retry", "abandon"]) {
      const response = await world.call(`${path}/saga/${action}`, { method: "POST" });
      expect(await outcome(response)).toEqual([409, "saga_not_stuck"]);
    }
  });
});

describe("a pipeline of one's own", () => {
  const step = (id: string, dependsOn: string[] = []) => ({ id, operation: "colours", dependsOn });

  it("is what the asset goes through", async () => {
    const world = makeWorld();
    const id = await world.create({
      name: "a",
      pipeline: { name: "mine@1", steps: [step("one"), step("two", ["one"])] },
    });
    await world.call(`/v1/assets/${id}/content?complete=true`, { method: "PUT", body: "x" });
    await world.at("ten_one1", id).recordInspection({
      verdict: "accepted",
      reason: null,
      mediaType: "image",
      contentType: "image/png",
      metadata: {},
      errors: [],
      bytesRead: 1,
      rangeReads: 1,
    });
    expect((await json(await world.call(`/v1/assets/${id}`)))["steps"]).toMatchObject([
      { id: "one", attempts: 1 },
      { id: "two", attempts: 0, dependsOn: ["one"], jobId: null },
    ]);
  });

  it("is refused with a cycle, at the step", async () => {
    const world = makeWorld();
    const steps = [step("one"), step("two", ["three"]), step("three", ["two"])];
    const response = await world.post("/v1/assets", { name: "a", pipeline: { name: "mine@1", steps } });
    expect(response.status).toBe(422);
    expect(await json(response)).toMatchObject({ errors: [{ pointer: "/pipeline/steps/1" }] });
  });
});
