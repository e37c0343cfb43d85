import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Inspection } from "../../../shared/contracts/media.ts";
import type { AssetCommand } from "./commands.ts";
import { decide } from "./decide.ts";
import { effects } from "./effects.ts";
import type { AssetEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { viewOf } from "./view.ts";
import { type AssetState, initialState, isOpen, TERMINAL } from "./state.ts";

const SHA = "a".repeat(64);
const create: AssetCommand = { type: "create", tenant: "ten_test", assetId: "ast_1", body: { name: "a.png" } };
const accepted: Inspection = {
  verdict: "accepted",
  reason: null,
  mediaType: "image",
  contentType: "image/png",
  metadata: { width: 10 },
  errors: [],
  bytesRead: 100,
  rangeReads: 1,
};

function run(
  commands: readonly AssetCommand[],
  from: AssetState = initialState,
): { state: AssetState; events: AssetEvent[]; refusals: string[] } {
  let state = from;
  const events: AssetEvent[] = [];
  const refusals: string[] = [];
  commands.forEach((command, index) => {
    const decided = decide(state, command, 1_000);
    if (!decided.ok) refusals.push(decided.error.code);
    else
      for (const event of decided.value) {
        state = evolve(state, event, 1_000 + index);
        events.push(event);
      }
  });
  return { state, events, refusals };
}

const stored: AssetCommand[] = [
  create,
  { type: "begin-upload" },
  { type: "finish-upload", upload: 1, sizeBytes: 5, sha256: SHA },
];
const analysing: AssetCommand[] = [
  ...stored,
  { type: "complete", body: {} },
  { type: "record-inspection", inspection: accepted, newJobId: "job_1" },
];
const step = (
  id: string,
  insightCount: number,
  status: "succeeded" | "skipped" | "failed" = "succeeded",
): AssetCommand => ({
  type: "finish-step",
  jobId: "job_1",
  step: id,
  status,
  reason: status === "succeeded" ? null : { code: "why", detail: "because" },
  metadata: { width: 99, height: 7 },
  insightCount,
  insightsSha256: SHA,
  artifacts: [],
  cached: false,
});

describe("an asset's upload", () => {
  it("goes from creation to inspection", () => {
    const { events, state } = run([...stored, { type: "complete", body: {} }]);
    expect(events.map(({ type }) => type)).toEqual(["AssetCreated", "UploadBegun", "ContentStored", "UploadCompleted"]);
    expect(state).toMatchObject({
      status: "inspecting",
      content: { key: "ten_test/assets/ast_1/uploads/1", sizeBytes: 5 },
    });
  });

  it("M1: fences off an earlier upload when a later one begins", () => {
    const { refusals, state } = run([
      create,
      { type: "begin-upload" },
      { type: "begin-upload" },
      { type: "finish-upload", upload: 1, sizeBytes: 5, sha256: SHA },
      { type: "finish-upload", upload: 2, sizeBytes: 6, sha256: SHA },
    ]);
    expect(refusals).toEqual(["upload_superseded"]);
    expect(state).toMatchObject({ content: { sizeBytes: 6 } });
  });

  it("M2: refuses bytes that differ from what was announced", () => {
    const announced: AssetCommand = { ...create, body: { name: "a", sizeBytes: 5, sha256: SHA } };
    const finish = (sizeBytes: number, sha256: string): AssetCommand => ({
      type: "finish-upload",
      upload: 1,
      sizeBytes,
      sha256,
    });
    const { refusals } = run([
      announced,
      { type: "begin-upload" },
      finish(4, SHA),
      finish(5, "b".repeat(64)),
      finish(5, SHA),
    ]);
    expect(refusals).toEqual(["size_mismatch", "checksum_mismatch"]);
  });

  it("completes only with content, and once", () => {
    const early = run([create, { type: "complete", body: {} }]);
    expect(early.refusals).toEqual(["upload_incomplete"]);
    const twice = run([...stored, { type: "complete", body: {} }, { type: "complete", body: { sha256: SHA } }]);
    expect(twice.events.filter(({ type }) => type === "UploadCompleted")).toHaveLength(1);
    expect(twice.refusals).toEqual([]);
  });
});

describe("an asset's analysis", () => {
  it("starts every step of the standard pipeline of its media type", () => {
    const { state } = run(analysing);
    expect(state).toMatchObject({ status: "analysing", mediaType: "image", jobId: "job_1" });
    expect(state.phase === "live" && state.steps.map(({ id }) => id)).toContain("ocr");
  });

  it("ends failed with the reason of the inspection", () => {
    const rejected: Inspection = {
      ...accepted,
      verdict: "rejected",
      reason: { code: "empty_file", detail: "No bytes." },
      mediaType: null,
    };
    const { state } = run([
      ...stored,
      { type: "complete", body: {} },
      { type: "record-inspection", inspection: rejected, newJobId: "job_1" },
    ]);
    expect(state).toMatchObject({ status: "failed", reason: { code: "empty_file" } });
  });

  it("M4: counts a repeated step once", () => {
    const { state, events } = run([...analysing, step("ocr", 3), step("ocr", 3), step("unknown", 3)]);
    expect(state.phase === "live" && viewOf(state, 9).insightCount).toBe(3);
    expect(events.filter(({ type }) => type === "StepFinished")).toHaveLength(1);
  });

  it("keeps what inspection found and fills only what it left open", () => {
    expect(run([...analysing, step("ocr", 1)]).state).toMatchObject({ metadata: { width: 10, height: 7 } });
  });

  it("ends analysed when any step found something, and closes the open steps with the job's reason", () => {
    const { state } = run([
      ...analysing,
      step("ocr", 1),
      { type: "finish-job", jobId: "job_1", failure: { code: "bad_input", detail: "Odd." }, newJobId: "job_9" },
    ]);
    expect(state).toMatchObject({ status: "analysed", reason: { code: "partial_results" } });
    expect(state.phase === "live" && state.steps.find(({ id }) => id === "colours")).toMatchObject({
      status: "failed",
      reason: { code: "bad_input" },
    });
  });

  it("tells its progress in steps of a twentieth, never back, and only of its own job", () => {
    const at = (fraction: number, jobId = "job_1"): AssetCommand => ({ type: "advance", jobId, fraction });
    const { events, state } = run([
      ...analysing,
      at(0.04),
      at(0.05),
      at(0.09),
      at(0.3),
      at(0.2),
      at(0.9, "job_2"),
      at(0.36),
    ]);
    const told = events.filter(({ type }) => type === "AnalysisAdvanced").map(({ data }) => data);
    expect(told).toEqual([{ fraction: 0.05 }, { fraction: 0.3 }, { fraction: 0.36 }]);
    expect(state.phase === "live" && viewOf(state, 9).progress).toBe(0.36);
  });

  it("ends failed with the first failure when no step found anything", () => {
    const { state } = run([
      ...analysing,
      step("probe", 0, "failed"),
      { type: "finish-job", jobId: "job_1", failure: null, newJobId: "job_9" },
      { type: "finish-job", jobId: "job_9", failure: null, newJobId: "job_10" },
    ]);
    expect(state).toMatchObject({ status: "failed", reason: { code: "why" } });
  });

  it("ignores the steps and the end of a job that is not its own", () => {
    expect(
      run([...analysing, { type: "finish-job", jobId: "job_2", failure: null, newJobId: "job_9" }]).state,
    ).toMatchObject({
      status: "analysing",
    });
  });
});

describe("any history of commands", () => {
  const command = fc.oneof(
    fc.constantFrom<AssetCommand>(
      create,
      { type: "begin-upload" },
      { type: "complete", body: {} },
      { type: "expire-upload" },
      { type: "expire-inspection" },
      { type: "record-inspection", inspection: accepted, newJobId: "job_1" },
      { type: "finish-job", jobId: "job_1", failure: null, newJobId: "job_9" },
      { type: "delete", purge: false, retentionMs: 20 },
      { type: "delete", purge: true, retentionMs: 20 },
      { type: "restore", newJobId: "job_2" },
      { type: "purge" },
      { type: "rerun", fromStep: null, newJobId: "job_3" },
      { type: "rerun", fromStep: "ocr", newJobId: "job_4" },
      { type: "expire-analysis" },
    ),
    fc
      .integer({ min: 1, max: 3 })
      .map((upload): AssetCommand => ({ type: "finish-upload", upload, sizeBytes: 5, sha256: SHA })),
    fc.integer({ min: 1, max: 3 }).map((upload): AssetCommand => ({ type: "fail-upload", upload })),
    fc.constantFrom("ocr", "colours", "probe").map((id) => step(id, 1)),
    fc
      .double({ min: 0, max: 1, noNaN: true })
      .map((fraction): AssetCommand => ({ type: "advance", jobId: "job_1", fraction })),
  );

  it("M3: leaves a terminal status only when asked to, with no step open then, and replays to the same state", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let state: AssetState = initialState;
        for (const [index, each] of commands.entries()) {
          const before = state;
          const decided = decide(state, each, index);
          if (!decided.ok) continue;
          let replayed = state;
          for (const event of decided.value) {
            replayed = evolve(replayed, event, index);
            effects(replayed, event, index);
          }
          state = JSON.parse(JSON.stringify(replayed)) as AssetState;
          expect(state).toEqual(replayed);
          if (state.phase === "live" && (state.status === "analysed" || state.status === "failed")) {
            expect(state.finishedAtMs).not.toBeNull();
            expect(state.steps.filter(isOpen)).toEqual([]);
          }
          if (before.phase === "live" && state.phase === "live" && TERMINAL.has(before.status)) {
            if (!["delete", "restore", "rerun"].includes(each.type)) expect(state.status).toBe(before.status);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
