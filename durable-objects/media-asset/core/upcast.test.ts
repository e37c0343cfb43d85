/** Journals that release 0.1.0 wrote, read by today's code. The fixture was recorded in workerd with that release. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../shared/core/canonical-json.ts";
import recorded from "./fixtures/journal-0.1.0.json" with { type: "json" };
import { evolve } from "./evolve.ts";
import { type AssetState, initialState, type LiveAsset } from "./state.ts";
import { upcast } from "./upcast.ts";
import { viewOf } from "./view.ts";

const JOB = "job_01M88ZKTJVPMRMKBHH1DZ5CVWZ";

function replay(upTo: number): LiveAsset {
  let state: AssetState = initialState;
  for (const { type, version, data, at } of recorded.events.slice(0, upTo))
    state = evolve(state, upcast({ type, version, data }), Date.parse(at));
  if (state.phase === "absent") throw new Error("nothing was created");
  return state;
}

describe("a journal of release 0.1.0", () => {
  it("is the one that release hashed", () => {
    let prevHash = "0".repeat(64);
    for (const { hash, ...entry } of recorded.events) {
      expect(entry.prevHash).toBe(prevHash);
      expect(createHash("sha256").update(canonicalJson(entry)).digest("hex")).toBe(hash);
      prevHash = hash;
    }
    expect(recorded.events).toHaveLength(18);
  });

  it("shows the asset as that release did, analysed", () => {
    expect(viewOf(replay(17), 17)).toEqual({
      id: "ast_00000000000000000000000777",
      name: "sample.wav",
      status: "analysed",
      reason: {
        code: "partial_results",
        detail: "3 of 6 steps failed, the first with lost_heartbeat: The agent fell silent.",
      },
      mediaType: "audio",
      contentType: "audio/wav",
      sizeBytes: 3,
      sha256: "a".repeat(64),
      tags: ["x", "y"],
      metadata: { durationSeconds: 2, channels: 2 },
      inspectionErrors: [],
      steps: [
        ["probe", "succeeded", null],
        ["loudness", "failed", { code: "lost_heartbeat", detail: "The agent fell silent." }],
        ["silence", "failed", { code: "lost_heartbeat", detail: "The agent fell silent." }],
        ["waveform", "succeeded", null],
        ["embed", "failed", { code: "lost_heartbeat", detail: "The agent fell silent." }],
        [
          "transcribe",
          "skipped",
          {
            code: "no_engine",
            detail: "transcribe needs a speech recognition model; connect an engine that serves it.",
          },
        ],
      ].map(([id, status, reason]) => ({
        id,
        operation: id,
        status,
        reason,
        dependsOn: [],
        jobId: JOB,
        attempts: 1,
        cached: false,
      })),
      jobId: JOB,
      progress: 1,
      insightCount: 2,
      artifacts: [{ name: "waveform.json", contentType: "application/json", sizeBytes: 9 }],
      seq: 17,
      createdAt: recorded.events[0]?.at,
      uploadedAt: recorded.events[6]?.at,
      inspectedAt: recorded.events[7]?.at,
      finishedAt: recorded.events[16]?.at,
      updatedAt: recorded.events[16]?.at,
    });
  });

  it("goes on where its analysis was: the one job has all steps", () => {
    const state = replay(9);
    expect(state.openJobs).toEqual([
      { jobId: JOB, steps: ["probe", "loudness", "silence", "waveform", "embed", "transcribe"] },
    ]);
    expect(state).toMatchObject({ status: "analysing", pipelineName: "standard@1", jobId: JOB, saga: null });
  });

  it("has deleted for good what it deleted", () => {
    expect(replay(18)).toMatchObject({
      status: "deleted",
      content: null,
      deletion: { purgeAtMs: null, statusBefore: "analysed" },
    });
    expect(viewOf(replay(18), 18)).toMatchObject({ insightCount: 0, artifacts: [], sizeBytes: null });
  });

  it("U2: refuses what no release has written", () => {
    expect(() => upcast({ type: "AssetRenamed", version: 1, data: {} })).toThrow("No release has written AssetRenamed");
    expect(() => upcast({ type: "AssetCreated", version: 3, data: {} })).toThrow("No release has written");
  });
});
