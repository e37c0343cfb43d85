/**
 * Sagas against a world of objects, jobs and rows: whichever step fails, however often, the asset ends fully done or
 * fully taken back, or stuck until an operator helps.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AssetCommand } from "./commands.ts";
import { residueOf } from "./residue.ts";
import { currentStep, isWorking, MAX_STEP_FAILURES, type SagaStep, sagaRetryMs } from "./saga.ts";
import { ended, History, inspected, node, over, uploaded } from "./testing/history.ts";

const PREFIX = "ten_test/assets/ast_1/";
const CONTENT = `${PREFIX}uploads/1`;

/** What lies in the bucket after an upload that was superseded, and two attempts of a job. */
const littered = (): Set<string> =>
  new Set([
    `${PREFIX}uploads/0`,
    CONTENT,
    `${PREFIX}jobs/job_1/1/checkpoint-1`,
    `${PREFIX}jobs/job_1/1/probe.bin`,
    `${PREFIX}jobs/job_1/2/half-written`,
  ]);

type World = { readonly blobs: Set<string>; openJobs: boolean; failures: Map<SagaStep, number> };

/** Does the saga's steps until it ends or is stuck. A step of `failures` fails so often before it succeeds. */
function runSaga(history: History, world: World): void {
  for (let step = currentStep(history.asset.saga); step !== null; step = currentStep(history.asset.saga)) {
    const saga = history.asset.saga?.number ?? 0;
    const left = world.failures.get(step) ?? 0;
    if (left > 0) {
      world.failures.set(step, left - 1);
      history.when({ type: "saga-step-failed", saga, step, reason: { code: "away", detail: "because" } });
      continue;
    }
    if (step === "cancel-jobs") world.openJobs = false;
    if (step === "sweep-blobs") for (const key of residueOf(history.asset, [...world.blobs])) world.blobs.delete(key);
    if (step === "delete-blobs") world.blobs.clear();
    history.when({ type: "saga-step-done", saga, step });
  }
}

/** What follows a success. */
function tidy(history: History, { blobs }: World): void {
  for (const key of residueOf(history.asset, [...blobs])) blobs.delete(key);
}

type End = {
  readonly commands: readonly AssetCommand[];
  /** What lies in the bucket in the end. */
  readonly left: readonly string[];
  readonly status: string;
  /** How the saga ends; undefined where none is needed. */
  readonly saga: string | undefined;
};

const ENDS: Record<string, End> = {
  "an upload that never arrives": {
    commands: [
      ...uploaded().slice(0, 2),
      { type: "note-multipart", upload: 1, multipartId: "m" },
      { type: "expire-upload" },
    ],
    left: [],
    status: "failed",
    saga: "compensated",
  },
  "an upload that is stored and never completed": {
    commands: [...uploaded().slice(0, 3), { type: "expire-upload" }],
    left: [],
    status: "failed",
    saga: "compensated",
  },
  "an inspection that refuses": {
    commands: [...uploaded(), { type: "expire-inspection" }],
    left: [CONTENT],
    status: "quarantined",
    saga: "compensated",
  },
  "a job that cannot do it": {
    commands: [...uploaded(), inspected, over("job_1", "job_2", "bad_input")],
    left: [CONTENT],
    status: "failed",
    saga: "compensated",
  },
  "a job that is lost twice": {
    commands: [...uploaded(), inspected, over("job_1", "job_2", "deadline"), over("job_2", "job_3", "deadline")],
    left: [CONTENT],
    status: "failed",
    saga: "compensated",
  },
  "a step that is required": {
    commands: [
      ...uploaded({ name: "mine@1", steps: [node("probe"), node("needed", [], { lane: "gpu", required: true })] }),
      inspected,
      ended("job_1", "probe", 3),
      ended("job_101", "needed", "undecodable"),
    ],
    left: [CONTENT],
    status: "failed",
    saga: "compensated",
  },
  "jobs that are never heard of": {
    commands: [...uploaded(), inspected, { type: "expire-analysis" }],
    left: [CONTENT],
    status: "failed",
    saga: "compensated",
  },
  "an analysis that finds something": {
    commands: [...uploaded(), inspected, ended("job_1", "probe", 3), over("job_1", "job_2", "bad_input")],
    left: [CONTENT, `${PREFIX}jobs/job_1/1/probe.bin`],
    status: "analysed",
    saga: undefined,
  },
  "an analysis that finds something while a job is never heard of": {
    commands: [...uploaded(), inspected, ended("job_1", "probe", 3), { type: "expire-analysis" }],
    left: [CONTENT, `${PREFIX}jobs/job_1/1/probe.bin`],
    status: "analysed",
    saga: "completed",
  },
  "a purge": {
    commands: [...uploaded(), inspected, ended("job_1", "probe", 3), { type: "delete", purge: true, retentionMs: 1 }],
    left: [],
    status: "deleted",
    saga: "completed",
  },
};

describe.each(Object.entries(ENDS))("after %s", (_name, { commands, left, status, saga }) => {
  it("nothing half-made stays", () => {
    const history = new History().when(...commands);
    const world = { blobs: littered(), openJobs: true, failures: new Map<SagaStep, number>() };
    const hadOpenJobs = history.asset.openJobs.length > 0;
    runSaga(history, world);
    if (status === "analysed") tidy(history, world);
    expect(history.asset.status).toBe(status);
    expect([...world.blobs].toSorted()).toEqual(left.toSorted());
    expect(history.asset.openJobs).toEqual([]);
    if (hadOpenJobs) expect(world.openJobs).toBe(false);
    if (status !== "analysed") expect(history.asset.steps.flatMap(({ artifacts }) => artifacts)).toEqual([]);
    expect(history.asset.saga?.status).toBe(saga);
  });

  it("nothing half-made stays whichever steps fail on the way, and an operator helps what is stuck", () => {
    const steps = new History().when(...commands).asset.saga?.steps ?? [];
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 * MAX_STEP_FAILURES }), { minLength: steps.length }),
        (often) => {
          const history = new History().when(...commands);
          const failures = new Map(steps.map((step, index) => [step, often[index] ?? 0]));
          const world = { blobs: littered(), openJobs: true, failures };
          for (let helped = 0; helped < 100; helped += 1) {
            runSaga(history, world);
            if (history.asset.saga?.status !== "stuck") break;
            expect(history.asset.saga).toMatchObject({ attempts: MAX_STEP_FAILURES, retryAtMs: null });
            history.when({ type: "retry-saga" });
          }
          if (status === "analysed") tidy(history, world);
          expect(history.asset.saga?.status).toBe(saga);
          expect([...world.blobs].toSorted()).toEqual(left.toSorted());
          expect(history.asset.openJobs).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a saga", () => {
  const failed = () => new History().when(...uploaded(), { type: "expire-inspection" });
  const fail: AssetCommand = {
    type: "saga-step-failed",
    saga: 1,
    step: "sweep-blobs",
    reason: { code: "away", detail: "because" },
  };

  it("waits longer after each failure: 2 s, doubled up to five minutes, and after the sixteenth for an operator", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16].map(sagaRetryMs);
    const doubled = [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000];
    expect(waits).toEqual([...doubled, 300_000, 300_000, null]);
  });

  it("is stuck with the reason, can be retried or given up, and nothing else is", () => {
    const history = failed().when({ type: "retry-saga" }, { type: "abandon-saga" });
    expect(history.refusals).toEqual(["saga_not_stuck"]); // One at work goes on; it is not given up.
    history.when(...Array.from({ length: 16 }, () => fail));
    expect(history.asset.saga).toMatchObject({ status: "stuck", attempts: 16, reason: { code: "away" } });
    history.when({ type: "saga-step-done", saga: 1, step: "sweep-blobs" });
    expect(history.asset.saga?.status).toBe("stuck");
    history.when({ type: "abandon-saga" }, { type: "abandon-saga" }, { type: "retry-saga" });
    expect(history.asset.saga).toMatchObject({ status: "abandoned", reason: { code: "away" } });
    expect(history.refusals).toEqual(["saga_not_stuck", "saga_not_stuck"]);
  });

  it("hears nothing of a step of an earlier saga, or of another step", () => {
    const history = failed().when(
      { type: "saga-step-done", saga: 1, step: "cancel-jobs" },
      { type: "saga-step-done", saga: 0, step: "sweep-blobs" },
    );
    expect(isWorking(history.asset.saga)).toBe(true);
    expect(history.asset.saga?.done).toBe(0);
  });
});

describe("residue", () => {
  it("R1: spares what an open job or upload may still write or has not reported yet", () => {
    const history = new History().when(...uploaded(), inspected);
    expect(residueOf(history.asset, [...littered(), `${PREFIX}cached/job_1/a/0-x`])).toEqual([`${PREFIX}uploads/0`]);
    const uploading = new History().when(...uploaded().slice(0, 2));
    expect(residueOf(uploading.asset, [...littered()])).not.toContain(CONTENT);
  });
});
