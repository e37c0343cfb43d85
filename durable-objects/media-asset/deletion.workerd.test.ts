import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import recorded from "./core/fixtures/journal-0.1.0.json" with { type: "json" };
import database from "./fixtures/database-0.1.0.json" with { type: "json" };
import { INSIGHT_SCHEMA } from "./insights.ts";
import { createActorSchema } from "../runtime/schema.ts";
import { type DatabaseDump, restoreDump } from "../runtime/testing/database-dump.ts";
import { makeDue } from "../runtime/testing/timers.ts";
import { mediaAsset } from "../addresses.ts";
import { freshAssets, type Fresh, insight, inspection, jobOf, keysUnder, upload } from "./testing/assets.ts";

const fresh = freshAssets(1);

async function analysed(sha256?: string): Promise<Fresh> {
  const made = await upload(fresh(), sha256 === undefined ? {} : { sha256 });
  await made.asset.recordInspection(inspection);
  const jobId = await jobOf(made);
  const base = { jobId, step: "ocr", status: "succeeded", reason: null, metadata: null } as const;
  await made.asset.recordStep({ ...base, insights: [insight("one"), insight("two")] });
  await made.asset.recordJobEnd(jobId, { code: "bad_input", detail: "Odd." });
  return made;
}

/** Runs the alarm until the saga has ended or is stuck; the first may be running already. */
async function sagaEnds({ asset, raw }: Fresh): Promise<void> {
  await vi.waitFor(async () => {
    await runDurableObjectAlarm(raw);
    const saga = await asset.saga();
    expect(saga.ok && saga.value.saga?.status).toMatch(/completed|compensated|stuck|abandoned/);
  });
}

const rowsOf = ({ raw }: Fresh): Promise<number> =>
  runInDurableObject(raw, (_instance, { storage }) =>
    Number(storage.sql.exec("SELECT COUNT(*) AS n FROM insights").one()["n"]),
  );

describe("a deleted asset", () => {
  it("is not found, keeps everything, and comes back as it was, over evictions", async () => {
    const made = await analysed();
    const { asset, raw, prefix } = made;
    const before = await asset.get();
    await asset.delete();
    await evictDurableObject(raw);
    expect(await asset.get()).toMatchObject({ ok: false, error: { code: "not_found" } });
    expect(await asset.insights({ kind: null, after: null, limit: 9 })).toMatchObject({ ok: false });
    expect(await asset.content()).toMatchObject({ ok: false });
    expect(await asset.saga()).toMatchObject({
      value: { status: "deleted", restorableUntil: expect.any(String) as string },
    });
    expect(await keysUnder(prefix)).toEqual(["uploads/1"]);
    expect(await asset.changesSince(0)).toMatchObject({ value: { summary: { status: "deleted" }, insights: [] } });

    await asset.restore();
    await evictDurableObject(raw);
    const after = await asset.get();
    if (!before.ok || !after.ok) throw new Error("no view");
    const { seq: _s, updatedAt: _u, ...was } = before.value;
    expect(after.value).toMatchObject(was);
    const found = await asset.insights({ kind: null, after: null, limit: 9 });
    expect(found.ok && found.value.insights.map(({ text }) => text)).toEqual(["one", "two"]);
    expect(await asset.changesSince(0)).toMatchObject({
      value: { summary: { status: "analysed" }, insights: [{}, {}] },
    });
  });

  it("goes with its objects, rows and cached results when the retention is over", async () => {
    const made = await analysed();
    const { asset, raw, prefix } = made;
    await env.MEDIA.put(`${prefix}jobs/job_x/1/thumb.png`, "x");
    await asset.delete();
    await makeDue(raw, "purge");
    await sagaEnds(made);
    expect(await asset.saga()).toMatchObject({ value: { saga: { kind: "purge", status: "completed" } } });
    expect(await keysUnder(prefix)).toEqual([]);
    expect(await rowsOf(made)).toBe(0);
    expect(await asset.restore()).toMatchObject({ error: { code: "asset_purged" } });
    const journal = await runInDurableObject(raw, (_instance, { storage }) =>
      storage.sql.exec("SELECT type FROM journal ORDER BY seq DESC LIMIT 1").one(),
    );
    expect(journal).toEqual({ type: "AssetPurged" });
  });

  it("is purged at once on request, also after it was deleted", async () => {
    for (const first of [true, false]) {
      const made = await analysed();
      await made.asset.delete({ purge: first });
      if (!first) await made.asset.delete({ purge: true });
      await sagaEnds(made);
      expect(await keysUnder(made.prefix)).toEqual([]);
      expect(await made.asset.restore()).toMatchObject({ error: { code: "asset_purged" } });
    }
  });

  it("is stuck when the bucket goes on refusing, over evictions, and goes on when an operator says so", async () => {
    const made = await analysed("9".repeat(64));
    const { asset, raw, prefix } = made;
    const refuse = () =>
      runInDurableObject(raw, (instance) => {
        vi.spyOn((instance as unknown as { env: Env }).env.MEDIA, "delete").mockRejectedValue(new Error("away"));
      });
    await refuse();
    vi.spyOn(console, "error").mockReturnValue(undefined);
    await asset.delete({ purge: true });
    await vi.waitFor(
      async () => {
        await makeDue(raw, "saga");
        await runDurableObjectAlarm(raw);
        expect(await asset.saga()).toMatchObject({ value: { saga: { status: "stuck", attempts: 16 } } });
      },
      { timeout: 15_000 },
    );
    expect(await asset.saga()).toMatchObject({
      value: { saga: { reason: { code: "delete-cache_failed", detail: "away" } } },
    });
    vi.restoreAllMocks();
    await evictDurableObject(raw);
    expect(await keysUnder(prefix)).toEqual(["uploads/1"]);
    await asset.retrySaga();
    await sagaEnds(made);
    expect(await asset.saga()).toMatchObject({ value: { saga: { status: "completed" } } });
    expect(await keysUnder(prefix)).toEqual([]);
    expect(await asset.abandonSaga()).toMatchObject({ error: { code: "saga_not_stuck" } });
  });
});

describe("an upload that is given up", () => {
  it("leaves no object behind", async () => {
    const made = fresh();
    const { asset, assetId, raw, prefix } = made;
    await asset.create({ tenant: "ten_test", assetId, body: { name: "a" } });
    const grant = await asset.beginUpload();
    if (!grant.ok) throw new Error(grant.error.code);
    const multipart = await env.MEDIA.createMultipartUpload(grant.value.key);
    await asset.noteMultipart(1, multipart.uploadId);
    await env.MEDIA.put(`${prefix}uploads/0`, "earlier");
    await makeDue(raw, "expire-upload");
    await runDurableObjectAlarm(raw);
    await sagaEnds(made);
    expect(await keysUnder(prefix)).toEqual([]);
    await expect(multipart.uploadPart(1, "late")).rejects.toThrow("10024");
    expect(await asset.get()).toMatchObject({ value: { status: "failed", reason: { code: "upload_expired" } } });
  });
});

describe("an object of release 0.1.0", () => {
  it("wakes on its whole database in the middle of an analysis, and goes on to the end", async () => {
    const assetId = "ast_00000000000000000000000001";
    const raw = env.MEDIA_ASSET.get(env.MEDIA_ASSET.idFromName(`ten_old1/${assetId}`));
    // SAFETY: JSON of a dump.
    await restoreDump(raw, database as DatabaseDump);
    const asset = mediaAsset(env, "ten_old1", assetId);
    const before = await asset.get();
    const jobId = before.ok ? (before.value.jobId ?? "") : "";
    expect(before).toMatchObject({ value: { status: "analysing", name: "a.mp4", steps: { length: 10 } } });
    const base = { jobId, step: "ocr", status: "succeeded", reason: null, metadata: null } as const;
    await asset.recordStep({ ...base, insights: [insight("read by the new release")] });
    await asset.recordJobEnd(jobId, { code: "bad_input", detail: "Odd." });
    await evictDurableObject(raw);
    expect(await asset.get()).toMatchObject({ value: { status: "analysed", insightCount: 1 } });
    await asset.delete();
    expect(await asset.restore()).toMatchObject({ value: { status: "analysed" } });
  });

  it("wakes with what its journal says, and takes commands", async () => {
    const assetId = recorded.snapshotAt17.assetId;
    const raw = env.MEDIA_ASSET.get(env.MEDIA_ASSET.idFromName(`ten_test/${assetId}`));
    await runInDurableObject(raw, (_instance, { storage }) => {
      createActorSchema(storage.sql, INSIGHT_SCHEMA);
      for (const { seq, id, type, version, at, data, prevHash, hash } of recorded.events.slice(0, 17)) {
        storage.sql.exec(
          "INSERT INTO journal (seq, id, type, version, at, data, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          seq,
          id,
          type,
          version,
          Date.parse(at),
          JSON.stringify(data),
          prevHash,
          hash,
        );
      }
      storage.sql.exec("UPDATE snapshot SET seq = 17, state = ?, version = 1", JSON.stringify(recorded.snapshotAt17));
    });
    await evictDurableObject(raw);
    const asset = mediaAsset(env, "ten_test", assetId);
    expect(await asset.get()).toMatchObject({
      value: { status: "analysed", insightCount: 2, seq: 17, steps: { length: 6 } },
    });
    expect(await asset.rerun("embed")).toMatchObject({ value: { status: "analysing", seq: 19 } });
    await evictDurableObject(raw);
    const page = await asset.events({ after: 16, limit: 9, waitMs: 0 });
    expect(page.ok && page.value.events.map(({ seq, type, prevHash }) => [seq, type, prevHash.length])).toEqual([
      [17, "AnalysisFinished", 64],
      [18, "AnalysisRestarted", 64],
      [19, "JobsPlanned", 64],
    ]);
    expect(page.ok && page.value.events[1]?.prevHash).toBe(recorded.events[16]?.hash);
  });
});
