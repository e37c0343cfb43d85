import { describe, expect, it } from "vitest";
import type { AssetCommand } from "./commands.ts";
import { effects } from "./effects.ts";
import { PURGE_STEPS } from "./saga.ts";
import { ended, History, inspected, over, uploaded } from "./testing/history.ts";
import { assetSagaOf, viewOf } from "./view.ts";

const remove = (purge = false): AssetCommand => ({ type: "delete", purge, retentionMs: 10_000 });
const restore: AssetCommand = { type: "restore", newJobId: "job_7" };
const purged = (history: History): History =>
  history.when(
    ...PURGE_STEPS.map((step): AssetCommand => ({ type: "saga-step-done", saga: history.asset.sagaCount, step })),
  );
const analysed = () =>
  new History().when(...uploaded(), inspected, ended("job_1", "probe", 2), over("job_1", "j", "bad_input"));

describe("a deleted asset", () => {
  it("is hidden, keeps content and findings, and comes back as it was", () => {
    const history = analysed();
    const before = viewOf(history.asset, 1);
    history.when(remove());
    expect(history.asset).toMatchObject({ status: "deleted", content: { sizeBytes: 5 } });
    expect(assetSagaOf(history.asset).restorableUntil).toBe("1970-01-01T00:00:11.007Z");
    history.when({ type: "begin-upload" }, { type: "complete", body: {} });
    expect(history.refusals).toEqual(["not_found", "not_found"]);
    history.when(restore);
    const { updatedAt: _before, ...was } = before;
    const { updatedAt: _after, ...is } = viewOf(history.asset, 1);
    expect(is).toEqual(was);
  });

  it("comes back to an upload, an inspection and an analysis that then go on", () => {
    const uploading = new History().when(...uploaded().slice(0, 2), remove(), restore);
    expect(uploading.asset).toMatchObject({ status: "uploading", upload: null });
    uploading.when({ type: "finish-upload", upload: 1, sizeBytes: 5, sha256: "a".repeat(64) });
    expect(uploading.refusals).toEqual(["upload_superseded"]); // It was told that there is no such asset.

    const inspecting = new History().when(...uploaded(), remove(), restore);
    const sent = effects(inspecting.asset, inspecting.events.at(-1) ?? fail(), 0);
    expect(sent.flatMap((effect) => (effect.kind === "send" ? [effect.target] : []))).toContain("queue:inspect");

    const analysing = new History().when(...uploaded(), inspected, ended("job_1", "probe", 2), remove(), restore);
    expect(analysing.asset.status).toBe("analysing");
    expect(analysing.jobs).toEqual({ job_7: ["loudness", "silence", "waveform", "embed", "transcribe"] });
    expect(analysing.step("probe")).toMatchObject({ status: "succeeded", insightCount: 2 });
  });

  it("comes back analysed when all steps had ended and only the end of the job was not told", () => {
    const steps = ["probe", "loudness", "silence", "waveform", "embed", "transcribe"];
    const history = new History().when(
      ...uploaded(),
      inspected,
      ...steps.map((step) => ended("job_1", step, 1)),
      remove(),
      // Told to a deleted asset: refused, and nobody tells it again.
      over("job_1", "j"),
      restore,
    );
    expect(history.refusals).toEqual(["not_found"]);
    expect(history.asset).toMatchObject({ status: "analysed", reason: null });
  });

  it("cancels its jobs and waits for the end of the retention", () => {
    const history = new History().when(...uploaded(), inspected, remove());
    const told = effects(history.asset, history.events.at(-1) ?? fail(), 5);
    expect(told).toContainEqual({
      kind: "send",
      target: "object:gpu-job",
      key: "cancel:job_1",
      body: { command: "cancel", jobId: "job_1", tenant: "ten_test" },
      confirmedByReceiver: false,
    });
    expect(told).toContainEqual({ kind: "timer", name: "purge", dueAtMs: 11_005 });
  });

  it("never comes back after the retention, or once its purge has begun", () => {
    const late = analysed().when(remove());
    late.nowMs += 10_000;
    expect(late.when(restore).refusals).toEqual(["asset_purged"]);
    expect(analysed().when(remove(), { type: "purge" }, restore).refusals).toEqual(["asset_purged"]);
    expect(analysed().when(remove(true), restore).refusals).toEqual(["asset_purged"]);
    const soon = analysed().when(remove(), remove(true));
    expect(soon.when(restore).refusals).toEqual(["asset_purged"]);
  });

  it("is purged step by step, once, and keeps its tombstone", () => {
    const history = purged(analysed().when(remove(true)));
    expect(history.events.at(-1)?.type).toBe("AssetPurged");
    expect(history.asset).toMatchObject({ status: "deleted", content: null, saga: { status: "completed" } });
    expect(viewOf(history.asset, 1)).toMatchObject({ insightCount: 0, artifacts: [] });
    const count = history.events.length;
    history.when({ type: "purge" }, remove(), remove(true), restore);
    expect(history.events).toHaveLength(count);
    expect(history.refusals).toEqual(["not_found", "not_found", "asset_purged"]);
  });

  it("answers a second deletion as not found, and a restoring of what is there with nothing", () => {
    expect(analysed().when(remove(), remove()).refusals).toEqual(["not_found"]);
    const history = analysed();
    const count = history.events.length;
    expect(history.when(restore).events).toHaveLength(count);
  });
});

const fail = (): never => {
  throw new Error("no event");
};
