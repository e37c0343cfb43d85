import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { AssetView } from "../../shared/contracts/asset.ts";
import { gpuJob } from "../addresses.ts";
import { freshAssets, type Fresh, insight, inspection, jobOf, keysUnder, SHA, upload } from "./testing/assets.ts";

const fresh = freshAssets(2);

const step = (jobId: string, id: string, texts: string[]) => ({
  jobId,
  step: id,
  status: "succeeded" as const,
  reason: null,
  metadata: null,
  insights: texts.map((text) => insight(text)),
});

const texts = async ({ asset }: Fresh): Promise<unknown> => {
  const page = await asset.insights({ kind: null, after: null, limit: 99 });
  return page.ok && page.value.insights.map(({ id, text }) => [id, text]);
};

/** Steps that the job was given. */
const given = async (jobId: string): Promise<string[]> => {
  const raw = env.GPU_JOB.get(env.GPU_JOB.idFromName(`ten_test/${jobId}`));
  return runInDurableObject(raw, (_instance, { storage }) => {
    // A job that was never submitted has no tables.
    if (storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'journal'").toArray().length === 0) return [];
    const row = storage.sql.exec<{ data: string }>("SELECT data FROM journal WHERE seq = 1").toArray()[0];
    return row === undefined
      ? []
      : (JSON.parse(row.data) as { spec: { steps: { id: string }[] } }).spec.steps.map(({ id }) => id);
  });
};

/** Every job that the asset has planned, in order. */
const plannedJobs = async ({ asset }: Fresh): Promise<string[]> => {
  const page = await asset.events({ after: 0, limit: 100, waitMs: 0 });
  if (!page.ok) throw new Error(page.error.code);
  return page.value.events.flatMap(({ type, data }) =>
    type === "AnalysisStarted" || type === "JobsPlanned"
      ? (data["jobs"] as { jobId: string }[]).map(({ jobId }) => jobId)
      : [],
  );
};

const pipeline = {
  name: "mine@1",
  steps: [
    { id: "ocr", operation: "ocr" as const, parameters: {}, dependsOn: [], lane: "main", required: false },
    { id: "words", operation: "keywords" as const, parameters: {}, dependsOn: ["ocr"], lane: "main", required: false },
  ],
};

describe("an analysis", () => {
  it("goes on to the steps that depend on others, in a job of their own, over evictions", async () => {
    const made = await upload(fresh(), { sha256: "1".repeat(64), body: { pipeline } });
    await made.asset.recordInspection(inspection);
    const first = await jobOf(made);
    await vi.waitFor(async () => expect(await given(first)).toEqual(["ocr"]));
    await made.asset.recordStep(step(first, "ocr", ["one"]));
    await evictDurableObject(made.raw);
    await made.asset.recordJobEnd(first, null);
    await evictDurableObject(made.raw);
    const second = await jobOf(made);
    expect(second).not.toBe(first);
    await made.asset.nudge();
    await vi.waitFor(async () => expect(await given(second)).toEqual(["words"]));
    await made.asset.recordStep(step(second, "words", ["two"]));
    await made.asset.recordJobEnd(second, null);
    expect(await made.asset.get()).toMatchObject({
      value: {
        status: "analysed",
        steps: [
          { id: "ocr", jobId: first, attempts: 1 },
          { id: "words", jobId: second, attempts: 1, dependsOn: ["ocr"] },
        ],
      },
    });
  });

  it("replaces the findings of a step that is done again, and tells the index of those that are gone", async () => {
    const made = await upload(fresh(), { sha256: "2".repeat(64), body: { pipeline } });
    const { asset } = made;
    await asset.recordInspection(inspection);
    const first = await jobOf(made);
    await asset.recordStep(step(first, "ocr", ["a", "b", "c"]));
    await asset.recordJobEnd(first, null);
    const second = await jobOf(made);
    await asset.recordStep(step(second, "words", ["w"]));
    await asset.recordJobEnd(second, null);
    const indexed = await asset.get();
    const rerun = await asset.rerun("ocr");
    expect(rerun).toMatchObject({ value: { status: "analysing", insightCount: 4 } });
    expect(await texts(made)).toHaveLength(4);
    const third = await jobOf(made);
    await asset.recordStep(step(third, "ocr", ["new"]));
    expect(await texts(made)).toEqual([
      ["ins_words_00000", "w"],
      ["ins_ocr_00000", "new"],
    ]);
    await asset.recordJobEnd(third, { code: "bad_input", detail: "Odd." });
    await asset.recordJobEnd(await jobOf(made), { code: "bad_input", detail: "Odd." });
    expect(await texts(made)).toEqual([["ins_ocr_00000", "new"]]);
    expect(await asset.get()).toMatchObject({ value: { status: "analysed", insightCount: 1 } });
    const change = await asset.changesSince(indexed.ok ? indexed.value.seq : 0);
    expect(change.ok && change.value.insights.map(({ id, kind, text }) => [id, kind, text])).toEqual([
      ["ins_ocr_00000", "ocr-text", "new"],
      ["ins_ocr_00001", "removed", null],
      ["ins_ocr_00002", "removed", null],
      ["ins_words_00000", "removed", null],
    ]);
  });

  it("begins again once under a key, over an eviction", async () => {
    const made = await upload(fresh(), { sha256: "7".repeat(64) });
    const { asset } = made;
    await asset.recordInspection(inspection);
    const first = await jobOf(made);
    await asset.recordStep(step(first, "ocr", ["a"]));
    await asset.recordJobEnd(first, { code: "bad_input", detail: "Odd." });
    expect(await asset.rerun("ocr", { key: "k-1", fingerprint: "ocr" })).toMatchObject({
      value: { status: "analysing" },
    });
    const second = await jobOf(made);
    await asset.recordJobEnd(second, { code: "bad_input", detail: "Odd." });
    await evictDurableObject(made.raw);
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(made.raw);
      expect(await asset.saga()).toMatchObject({ value: { saga: { status: "compensated" } } });
    });
    expect(await asset.rerun("ocr", { key: "k-1", fingerprint: "ocr" })).toMatchObject({
      replayed: true,
      value: { status: "failed", jobId: second },
    });
    expect(await asset.rerun("embed", { key: "k-1", fingerprint: "embed" })).toMatchObject({
      error: { code: "idempotency_conflict" },
    });
    expect(await asset.rerun("ocr", { key: "k-2", fingerprint: "ocr" })).toMatchObject({
      value: { status: "analysing" },
    });
  });

  it("shows an earlier state by its number", async () => {
    const made = await upload(fresh(), { sha256: "3".repeat(64) });
    await made.asset.recordInspection(inspection);
    await evictDurableObject(made.raw);
    expect(await made.asset.get(1)).toMatchObject({ value: { status: "uploading", seq: 1, sizeBytes: null } });
    expect(await made.asset.get(4)).toMatchObject({ value: { status: "inspecting", seq: 4, sizeBytes: 3 } });
    expect(await made.asset.get(6)).toEqual(await made.asset.get());
    expect(await made.asset.get(7)).toMatchObject({ ok: false, error: { code: "not_found" } });
    expect(await made.asset.get(20_001)).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("shows at every number what it showed then", async () => {
    const made = fresh();
    const { asset, assetId, raw } = made;
    const shown: AssetView[] = [];
    const look = async (done: Promise<unknown>): Promise<void> => {
      await done;
      const view = await asset.get();
      if (view.ok) shown.push(view.value);
    };
    await look(asset.create({ tenant: "ten_test", assetId, body: { name: "a.png", pipeline } }));
    await look(asset.beginUpload());
    await look(asset.finishUpload(1, { sizeBytes: 3, sha256: "8".repeat(64) }));
    await look(asset.complete({}));
    await look(asset.recordInspection(inspection));
    const first = await jobOf(made);
    await look(asset.recordProgress(first, 0.5));
    await look(asset.recordStep(step(first, "ocr", ["a", "b"])));
    await look(asset.recordJobEnd(first, null));
    await look(asset.delete());
    await look(asset.restore());
    const second = await jobOf(made);
    await look(asset.recordStep(step(second, "words", ["c"])));
    await look(asset.recordJobEnd(second, null));
    await look(asset.rerun("words"));
    await evictDurableObject(raw);
    expect(shown).toHaveLength(12);
    for (const view of shown) expect(await asset.get(view.seq)).toEqual({ ok: true, value: view });
  });

  it("sweeps what lost attempts left once it has ended", async () => {
    const made = await upload(fresh(), { sha256: "4".repeat(64) });
    await made.asset.recordInspection(inspection);
    const jobId = await jobOf(made);
    const key = `${made.prefix}jobs/${jobId}/2/thumb.png`;
    const artifact = { name: "thumb.png", key, contentType: "image/png", sizeBytes: 1, sha256: SHA };
    for (const name of ["1/checkpoint", "2/thumb.png", "2/insights.json"])
      await env.MEDIA.put(`${made.prefix}jobs/${jobId}/${name}`, "x");
    await made.asset.recordStep({ ...step(jobId, "thumbnail", []), insights: [insight("t", { artifact })] });
    await made.asset.recordJobEnd(jobId, { code: "bad_input", detail: "Odd." });
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(made.raw);
      expect(await keysUnder(made.prefix)).toEqual([`jobs/${jobId}/2/thumb.png`, "uploads/1"]);
    });
  });
});

describe("the step cache", () => {
  const bytes = "5".repeat(64);

  async function first(): Promise<Fresh> {
    const made = await upload(fresh(), { sha256: bytes, body: { pipeline } });
    await made.asset.recordInspection(inspection);
    const jobId = await jobOf(made);
    const key = `${made.prefix}jobs/${jobId}/1/page.png`;
    await env.MEDIA.put(key, "page");
    const artifact = { name: "page.png", key, contentType: "image/png", sizeBytes: 4, sha256: SHA };
    await made.asset.recordStep({
      ...step(jobId, "ocr", []),
      metadata: { pageCount: 3 },
      insights: [insight("read once", { artifact }), insight("again", { artifact })],
    });
    await made.asset.recordJobEnd(jobId, { code: "bad_input", detail: "Odd." });
    await made.asset.recordJobEnd(await jobOf(made), { code: "bad_input", detail: "Odd." });
    await vi.waitFor(async () => expect(await keysUnder(`ten_test/step-cache/${bytes}/`)).toHaveLength(2));
    return made;
  }

  it("saves the work on the same bytes, and only the rest goes to a job", async () => {
    await first();
    const made = await upload(fresh(), { sha256: bytes, body: { pipeline } });
    await made.asset.recordInspection(inspection);
    // Nothing was left of the first job, which nobody ever submitted: the next has the rest.
    await vi.waitFor(async () => expect(await plannedJobs(made)).toHaveLength(2));
    const [unused = "", next = ""] = await plannedJobs(made);
    expect(await given(unused)).toEqual([]);
    await vi.waitFor(async () => expect(await given(next)).toEqual(["words"]));
    expect(await made.asset.get()).toMatchObject({
      value: {
        metadata: { pageCount: 3 },
        steps: [{ status: "succeeded", cached: true, reason: null }, { cached: false }],
      },
    });
    expect(await texts(made)).toEqual([
      ["ins_ocr_00000", "read once"],
      ["ins_ocr_00001", "again"],
    ]);
    await gpuJob(env, "ten_test", next).cancel();
  });

  it("C1, C2: outlives neither a purge of the bytes nor leaves a reference to what is gone", async () => {
    const maker = await first();
    const made = await upload(fresh(), { sha256: bytes, body: { pipeline } });
    await made.asset.recordInspection(inspection);
    await vi.waitFor(async () => expect(await texts(made)).toHaveLength(2));
    await maker.asset.delete({ purge: true });
    await vi.waitFor(async () => {
      await runDurableObjectAlarm(maker.raw);
      expect(await keysUnder(maker.prefix)).toEqual([]);
    });
    expect(await keysUnder(`ten_test/step-cache/${bytes}/`)).toEqual([]);
    const page = await made.asset.artifact("page.png");
    if (!page.ok) throw new Error(page.error.code);
    expect(page.value.key.startsWith(made.prefix)).toBe(true);
    expect(await (await env.MEDIA.get(page.value.key))?.text()).toBe("page");
  });

  it("is not asked by an analysis that is done again, and holds for one tenant and one content only", async () => {
    const maker = await first();
    await maker.asset.rerun("ocr");
    const jobId = await jobOf(maker);
    await vi.waitFor(async () => expect(await given(jobId)).toEqual(["ocr"]));
    const other = await upload(fresh(), { sha256: "6".repeat(64), body: { pipeline } });
    await other.asset.recordInspection(inspection);
    const otherJob = await jobOf(other);
    await vi.waitFor(async () => expect(await given(otherJob)).toEqual(["ocr"]));
  });
});
