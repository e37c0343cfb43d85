import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Report } from "../../shared/contracts/agent.ts";
import { canonicalJson } from "../../shared/core/canonical-json.ts";
import { agentPool, gpuJob } from "../addresses.ts";
import { freshAssets, insight, inspection, upload } from "./testing/assets.ts";

const at = "2026-01-01T00:00:00.000Z";
const fresh = freshAssets(0);
const uploaded = () => upload(fresh());

describe("MediaAsset", () => {
  it("keeps its state over an eviction between any two steps", async () => {
    const { asset, raw } = await uploaded();
    await evictDurableObject(raw);
    expect(await asset.get()).toMatchObject({ ok: true, value: { status: "inspecting", sizeBytes: 3 } });
    await asset.recordInspection(inspection);
    await evictDurableObject(raw);
    const view = await asset.get();
    expect(view).toMatchObject({ ok: true, value: { status: "analysing", metadata: { width: 10, height: 10 } } });
  });

  it("answers a repeated creation with the same asset and another one with a conflict", async () => {
    const { asset, assetId } = fresh();
    const create = (name: string) => asset.create({ tenant: "ten_test", assetId, body: { name } });
    expect(await create("a")).toMatchObject({ ok: true });
    expect(await create("a")).toMatchObject({ ok: true, value: { seq: 1 } });
    expect(await create("b")).toMatchObject({ ok: false, error: { code: "idempotency_conflict" } });
  });

  it("J1, J2: chains its events, gapless and verifiable from outside", async () => {
    const { asset } = await uploaded();
    const page = await asset.events({ after: 0, limit: 100, waitMs: 0 });
    if (!page.ok) throw new Error(page.error.code);
    let prevHash = "0".repeat(64);
    page.value.events.forEach((event, index) => {
      const { hash, ...rest } = event;
      expect(event.seq).toBe(index + 1);
      expect(event.prevHash).toBe(prevHash);
      expect(createHash("sha256").update(canonicalJson(rest)).digest("hex")).toBe(hash);
      prevHash = hash;
    });
  });

  it("records a step once, with its insights in the same transaction", async () => {
    const { asset } = await uploaded();
    await asset.recordInspection(inspection);
    const view = await asset.get();
    const jobId = view.ok ? (view.value.jobId ?? "") : "";
    const step = {
      jobId,
      step: "ocr",
      status: "succeeded" as const,
      reason: null,
      metadata: null,
      insights: [insight("one"), insight("two")],
    };
    await asset.recordStep(step);
    await asset.recordStep(step);
    const insights = await asset.insights({ kind: null, after: null, limit: 10 });
    expect(insights.ok && insights.value.insights.map(({ id, text }) => [id, text])).toEqual([
      ["ins_ocr_00000", "one"],
      ["ins_ocr_00001", "two"],
    ]);
    const next = await asset.insights({ kind: "ocr-text", after: "ins_ocr_00000", limit: 10 });
    expect(next.ok && next.value.insights.map(({ text }) => text)).toEqual(["two"]);
    expect(await asset.get()).toMatchObject({ value: { insightCount: 2 } });
  });

  it("ends a step failed when a finding is too large to keep, so that the job's end is not held up", async () => {
    const { asset } = await uploaded();
    await asset.recordInspection(inspection);
    const view = await asset.get();
    const jobId = view.ok ? (view.value.jobId ?? "") : "";
    const huge = { ...insight("x"), data: { blob: "y".repeat(700_000) } };
    await asset.recordStep({ jobId, step: "ocr", status: "succeeded", reason: null, metadata: null, insights: [huge] });
    const after = await asset.get();
    expect(after.ok && after.value.steps.find(({ id }) => id === "ocr")).toMatchObject({
      status: "failed",
      reason: { code: "result_too_large" },
    });
  });

  it("goes on asking for inspection until someone has inspected", async () => {
    const { asset, raw } = await uploaded();
    const waiting = () =>
      runInDurableObject(
        raw,
        (_instance, state) =>
          state.storage.sql.exec("SELECT target FROM outbox WHERE target = 'queue:inspect'").toArray().length,
      );
    expect(await waiting()).toBe(1);
    await runDurableObjectAlarm(raw);
    expect(await waiting()).toBe(1);
    await asset.recordInspection(inspection);
    expect(await waiting()).toBe(0);
  });

  it("takes up its work when nudged after its alarm was lost", async () => {
    const { asset, raw } = await uploaded();
    await runInDurableObject(raw, (_instance, state) => state.storage.deleteAlarm());
    await asset.nudge();
    expect(await runInDurableObject(raw, (_instance, state) => state.storage.getAlarm())).not.toBeNull();
  });

  it("wakes whoever waits for events", async () => {
    const { asset } = await uploaded();
    const before = await asset.events({ after: 0, limit: 100, waitMs: 0 });
    const seq = before.ok ? before.value.events.length : 0;
    const waiting = asset.events({ after: seq, limit: 100, waitMs: 10_000 });
    await asset.recordInspection(inspection);
    const page = await waiting;
    expect(page.ok && page.value.events.map(({ type }) => type)).toContain("AssetInspected");
  });
});

describe("an asset, its job and an agent", () => {
  it("end analysed, with every finding once, over evictions and repeated reports", async () => {
    const { asset, assetId } = await uploaded();
    await asset.recordInspection(inspection);
    const pool = agentPool(env, "default");
    await pool.register({
      agentId: "agt_test",
      version: "1",
      engines: [{ name: "cpu", operations: ["ocr"] }],
      concurrency: 1,
    });
    let grant = await pool.lease("agt_test", 10_000);
    // Other tests of this file leave jobs behind: only this asset's job is of interest.
    while (grant.ok && grant.value !== null && grant.value.assetId !== assetId)
      grant = await pool.lease("agt_test", 10_000);
    if (!grant.ok || grant.value === null) throw new Error("no lease");
    const { jobId, attempt, steps } = grant.value;
    const raw = env.GPU_JOB.get(env.GPU_JOB.idFromName(`ten_test/${jobId}`));
    const job = gpuJob(env, "ten_test", jobId);
    const reports: Report[] = [
      { seq: 1, at, type: "hello", agentId: "agt_test", resumedFrom: null },
      ...steps.map(({ id }, index): Report => ({
        seq: index + 2,
        at,
        type: "partial",
        step: id,
        status: "succeeded",
        reason: null,
        metadata: null,
        insights: [insight(id)],
        insightsBlob: null,
      })),
      { seq: steps.length + 2, at, type: "succeeded" },
    ];
    for (const report of reports.toReversed()) {
      await job.takeReports(attempt, [report]);
      await evictDurableObject(raw);
      expect(await job.takeReports(attempt, [report])).toMatchObject({ ok: true, value: { duplicates: 1 } });
    }
    expect(await job.get()).toMatchObject({
      ok: true,
      value: { status: "succeeded", attempts: [{ number: 1, cause: null }] },
    });
    let view = await asset.get();
    while (view.ok && view.value.finishedAt === null) {
      await asset.events({ after: view.value.seq, limit: 1, waitMs: 5_000 });
      view = await asset.get();
    }
    expect(view).toMatchObject({ ok: true, value: { status: "analysed", insightCount: steps.length, progress: 1 } });
  });
});
