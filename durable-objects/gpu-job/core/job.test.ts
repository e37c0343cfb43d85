import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Report } from "../../../shared/contracts/agent.ts";
import type { JobCommand } from "./commands.ts";
import { decide } from "./decide.ts";
import { evolve } from "./evolve.ts";
import { admitReports, MAXIMUM_HELD, type Window } from "./report-window.ts";
import { retryInMs } from "./retry-policy.ts";
import { JobSpec } from "./spec.ts";
import { initialState, type JobState } from "./state.ts";

const at = "2026-01-01T00:00:00.000Z";
/** A blob where the attempt may put it. */
const blobOf = (attempt: number) => ({
  key: `ten_test/assets/ast_1/jobs/job_1/${attempt}/c`,
  sizeBytes: 1,
  sha256: "a".repeat(64),
});
const spec: JobSpec = JobSpec.parse({
  tenant: "ten_test",
  assetId: "ast_1",
  pipeline: "standard@1",
  steps: [
    { id: "shots", operation: "shots", parameters: {} },
    { id: "loudness", operation: "loudness", parameters: {} },
  ],
  input: {
    key: "k",
    name: "a.mp4",
    mediaType: "video",
    contentType: "video/mp4",
    sizeBytes: 1,
    sha256: "a".repeat(64),
    metadata: {},
  },
});
const submit: JobCommand = { type: "submit", jobId: "job_1", spec };
const start: JobCommand = {
  type: "start-attempt",
  placement: { kind: "agent", agentId: "agt_test" },
  engine: "1.0.0",
};
const lose = (attempt: number): JobCommand => ({
  type: "end-attempt",
  attempt,
  cause: "lost_heartbeat",
  reason: { code: "lost_heartbeat", detail: "The agent fell silent." },
});
const hello: Report = { seq: 1, at, type: "hello", agentId: "agt_test", resumedFrom: null };
const checkpoint = (seq: number, nextSegment: number, attempt = 1): Report => ({
  seq,
  at,
  type: "checkpoint",
  blob: blobOf(attempt),
  fraction: 0.1,
  nextSegment,
});
const partial = (seq: number, step: string): Report => ({
  seq,
  at,
  type: "partial",
  step,
  status: "succeeded",
  reason: null,
  metadata: null,
  insights: [],
  insightsBlob: null,
});

function run(commands: readonly JobCommand[]): { state: JobState; types: string[]; refusals: string[] } {
  let state: JobState = initialState;
  const types: string[] = [];
  const refusals: string[] = [];
  for (const command of commands) {
    const decided = decide(state, command);
    if (!decided.ok) refusals.push(decided.error.code);
    else
      for (const event of decided.value) {
        state = evolve(state, event, 1);
        types.push(event.type);
      }
  }
  return { state, types, refusals };
}

const reported = (attempt: number, ...reports: Report[]): JobCommand[] =>
  reports.map((report) => ({ type: "report", attempt, report }));

describe("a job", () => {
  it("goes from submission to success", () => {
    const { types, state } = run([
      submit,
      start,
      ...reported(1, hello, checkpoint(2, 1), partial(3, "shots"), partial(4, "loudness"), {
        seq: 5,
        at,
        type: "succeeded",
      }),
    ]);
    expect(types).toEqual([
      "JobSubmitted",
      "AttemptStarted",
      "AttemptRunning",
      "CheckpointCommitted",
      "StepReported",
      "StepReported",
      "JobSucceeded",
    ]);
    expect(state).toMatchObject({ status: "succeeded", fraction: 1, finishedSteps: ["shots", "loudness"] });
  });

  it("G1: grants one attempt at a time and refuses reports of any other", () => {
    const { refusals, state } = run([
      submit,
      start,
      start,
      lose(1),
      start,
      ...reported(1, checkpoint(2, 9)),
      ...reported(2, hello),
    ]);
    expect(refusals).toEqual(["attempt_superseded", "attempt_superseded"]);
    expect(state).toMatchObject({ status: "running", checkpoints: [] });
  });

  it("G2: hears nothing after its end", () => {
    const { types } = run([
      submit,
      start,
      { type: "cancel" },
      { type: "end-grace" },
      ...reported(1, partial(1, "shots")),
      { type: "expire" },
      { type: "cancel" },
    ]);
    expect(types).toEqual(["JobSubmitted", "AttemptStarted", "CancelRequested", "AttemptEnded", "JobCanceled"]);
  });

  it("G3: takes a step once over all attempts", () => {
    const { types } = run([
      submit,
      start,
      ...reported(1, hello, partial(2, "shots")),
      lose(1),
      start,
      ...reported(2, hello, partial(2, "shots"), partial(3, "unknown")),
    ]);
    expect(types.filter((type) => type === "StepReported")).toHaveLength(1);
  });

  it("G4: keeps the last two checkpoints, newest first, and never goes back", () => {
    const { state } = run([
      submit,
      start,
      ...reported(1, checkpoint(1, 1), checkpoint(2, 2), checkpoint(3, 3), checkpoint(4, 2)),
    ]);
    expect(state.phase === "live" && state.checkpoints.map(({ nextSegment }) => nextSegment)).toEqual([3, 2]);
  });

  it("retries a lost agent with growing pauses and gives up after five failures", () => {
    const { state, types } = run([submit, ...[1, 2, 3, 4, 5].flatMap((attempt) => [start, lose(attempt)])]);
    expect(state).toMatchObject({ status: "failed", reason: { code: "lost_heartbeat" } });
    expect(types.at(-1)).toBe("JobFailed");
    expect([1, 2, 3, 4, 5].map((n) => retryInMs(Array.from({ length: n }, () => "lost_heartbeat" as const)))).toEqual([
      1000,
      2000,
      4000,
      8000,
      null,
    ]);
  });

  it("never counts a preemption as a failure, and does not retry what cannot succeed", () => {
    expect(retryInMs(Array.from({ length: 20 }, () => "preempted" as const))).toBe(0);
    expect(retryInMs(["bad_input"])).toBeNull();
  });
});

describe("the report window", () => {
  const heartbeat = (seq: number): Report => ({ seq, at, type: "heartbeat" });

  it("W1: applies any order and repetition of reports once, in order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain((n) => {
          const all = Array.from({ length: n }, (_, i) => i + 1);
          return fc.tuple(
            fc.constant(n),
            fc.shuffledSubarray([...all, ...all, ...all], { minLength: 3 * n, maxLength: 3 * n }),
          );
        }),
        fc.integer({ min: 1, max: 7 }),
        ([n, order], batchSize) => {
          let window: Window = { applied: 0, held: new Map() };
          const applied: number[] = [];
          for (let i = 0; i < order.length; i += batchSize) {
            const admission = admitReports(window, order.slice(i, i + batchSize).map(heartbeat));
            applied.push(...admission.apply.map(({ seq }) => seq));
            const held = new Map(window.held);
            for (const seq of admission.release) held.delete(seq);
            for (const report of admission.hold) held.set(report.seq, report);
            window = { applied: admission.applied, held };
          }
          expect(applied).toEqual(Array.from({ length: n }, (_, i) => i + 1));
          expect(window.held.size).toBe(0);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("W2: refuses to hold more than its bound", () => {
    const reports = Array.from({ length: MAXIMUM_HELD + 1 }, (_, i) => heartbeat(i + 2));
    expect(admitReports({ applied: 0, held: new Map() }, reports).overflow).toBe(true);
    expect(admitReports({ applied: 0, held: new Map() }, reports.slice(1)).overflow).toBe(false);
  });
});
