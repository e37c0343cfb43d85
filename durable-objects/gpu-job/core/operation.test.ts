import { describe, expect, it } from "vitest";
import type { FailureCause } from "../../../shared/contracts/agent.ts";
import type { JobStatus } from "../../../shared/contracts/job.ts";
import type { JobCommand } from "./commands.ts";
import { decide } from "./decide.ts";
import { effects } from "./effects.ts";
import { evolve } from "./evolve.ts";
import { isRetryable, retryInMs } from "./retry-policy.ts";
import { JobSpec } from "./spec.ts";
import { initialState, type JobState } from "./state.ts";

const SPEC = {
  tenant: "ten_test",
  assetId: "ast_1",
  pipeline: "standard@1",
  steps: [{ id: "shots", operation: "shots", parameters: {} }],
  input: {
    key: "k",
    name: "a.mp4",
    mediaType: "video",
    contentType: "video/mp4",
    sizeBytes: 1,
    sha256: "a".repeat(64),
    metadata: {},
  },
};
const submit = (more: object = {}): JobCommand => ({
  type: "submit",
  jobId: "job_1",
  spec: JobSpec.parse({ ...SPEC, ...more }),
});
const onAgent = (engine: string | null = null): JobCommand => ({
  type: "start-attempt",
  placement: { kind: "agent", agentId: "agt_1" },
  engine,
});
const onProvider: JobCommand = {
  type: "start-attempt",
  placement: {
    kind: "provider",
    provider: "simulated",
    account: "main",
    endpoint: "e1",
    externalId: null,
    retentionMs: 1_800_000,
    expectedRunMs: 60_000,
  },
  engine: null,
};
const end = (attempt: number, cause: FailureCause): JobCommand => ({
  type: "end-attempt",
  attempt,
  cause,
  reason: { code: cause, detail: cause },
});
const report = (attempt: number, body: object): JobCommand => ({
  type: "report",
  attempt,
  report: { seq: 1, at: "2026-01-01T00:00:00.000Z", ...body } as Extract<JobCommand, { type: "report" }>["report"],
});
const hello = (attempt: number): JobCommand => report(attempt, { type: "hello", agentId: "agt_1", resumedFrom: null });
const checkpoint = (attempt: number, nextSegment: number): JobCommand =>
  report(attempt, {
    type: "checkpoint",
    blob: { key: `ten_test/assets/ast_1/jobs/job_1/${attempt}/c${nextSegment}`, sizeBytes: 1, sha256: "b".repeat(64) },
    nextSegment,
    fraction: 0.5,
  });

type Run = {
  state: JobState;
  types: string[];
  statuses: (JobStatus | "absent")[];
  refusals: string[];
  sent: string[];
};

function run(...commands: readonly JobCommand[]): Run {
  const result: Run = { state: initialState, types: [], statuses: [], refusals: [], sent: [] };
  for (const command of commands) {
    const decided = decide(result.state, command);
    if (!decided.ok) result.refusals.push(decided.error.code);
    else {
      for (const event of decided.value) {
        result.state = evolve(result.state, event, 1_000);
        result.types.push(event.type);
        for (const effect of effects(result.state, event, 1_000)) {
          if (effect.kind === "send") result.sent.push(`${effect.target} ${effect.key}`);
        }
      }
    }
    result.statuses.push(result.state.phase === "absent" ? "absent" : result.state.status);
  }
  return result;
}

describe("the statuses of a job", () => {
  it("waits for its owner where it has to, and asks for no place before", () => {
    const { statuses, sent, refusals } = run(
      submit({ requiresConfirmation: true }),
      onAgent(),
      { type: "confirm" },
      { type: "confirm" },
      onAgent(),
      hello(1),
    );
    expect(statuses).toEqual([
      "awaiting_confirmation",
      "awaiting_confirmation",
      "queued",
      "queued",
      "provisioning",
      "running",
    ]);
    expect(refusals).toEqual(["attempt_superseded"]);
    expect(sent).toEqual(["queue:place place"]);
  });

  it("is placing until the provider has named the run, whose name then never changes", () => {
    const { statuses, state, sent } = run(
      submit(),
      onProvider,
      { type: "place-attempt", attempt: 1, externalId: "run-a" },
      { type: "place-attempt", attempt: 1, externalId: "run-b" },
      { type: "observe-running", attempt: 1 },
      { type: "observe-success", attempt: 1 },
      end(1, "transient"),
    );
    expect(statuses).toEqual([
      "queued",
      "placing",
      "provisioning",
      "provisioning",
      "running",
      "succeeded",
      "succeeded",
    ]);
    expect(state).toMatchObject({ attempts: [{ placement: { externalId: "run-a" } }] });
    expect(sent).toEqual(["queue:place place", "provider submit:1", "object:media-asset end", "object:tenant settle"]);
  });

  it("G6: cancel takes what an agent still hands over, and a success that came first", () => {
    const partial = report(1, {
      type: "partial",
      step: "shots",
      status: "succeeded",
      reason: null,
      metadata: null,
      insights: [],
      insightsBlob: null,
    });
    const canceled = run(submit(), onAgent(), hello(1), { type: "cancel" }, partial, report(1, { type: "preempted" }));
    expect(canceled.statuses.slice(3)).toEqual(["canceling", "canceling", "canceled"]);
    expect(canceled.types).toContain("StepReported");
    const silent = run(submit(), onAgent(), { type: "cancel" }, { type: "end-grace" }, partial);
    expect(silent.statuses.slice(2)).toEqual(["canceling", "canceled", "canceled"]);
    expect(run(submit(), onAgent(), { type: "cancel" }, report(1, { type: "succeeded" })).statuses.at(-1)).toBe(
      "succeeded",
    );
  });

  it("G6: cancel ends what a provider runs at once, and tells it", () => {
    const { statuses, sent } = run(submit(), onProvider, { type: "cancel" });
    expect(statuses.at(-1)).toBe("canceled");
    expect(sent).toContain("provider cancel:1");
  });

  it("pauses with what it has and goes on from there", () => {
    const { statuses, state, types } = run(
      submit(),
      onAgent("1"),
      hello(1),
      checkpoint(1, 3),
      { type: "pause" },
      checkpoint(1, 4),
      report(1, { type: "preempted" }),
      onAgent("1"),
      { type: "resume" },
      onAgent("1"),
    );
    expect(statuses.slice(4)).toEqual(["running", "running", "paused", "paused", "queued", "provisioning"]);
    expect(state).toMatchObject({ attempts: [{ cause: "preempted" }, { cause: null }], pauseRequested: false });
    expect(state.phase === "live" && state.checkpoints.map(({ nextSegment }) => nextSegment)).toEqual([4, 3]);
    expect(types.filter((type) => type === "JobPaused")).toHaveLength(1);
  });

  it("refuses what does not fit, and ignores what is so already", () => {
    expect(run(submit(), { type: "cancel" }, { type: "pause" }).refusals).toEqual(["job_not_in_state"]);
    expect(run(submit(), { type: "cancel" }, { type: "resume" }).refusals).toEqual(["job_not_in_state"]);
    expect(run(submit(), { type: "cancel" }, { type: "confirm" }).refusals).toEqual(["job_not_in_state"]);
    expect(run(submit(), { type: "cancel" }, { type: "change-priority", priority: 1 }).refusals).toHaveLength(1);
    expect(run(submit(), { type: "resume" }, { type: "change-priority", priority: 50 }).types).toEqual([
      "JobSubmitted",
    ]);
    expect(run(submit(), { type: "change-priority", priority: 90 }).state).toMatchObject({ priority: 90 });
  });
});

describe("checkpoints", () => {
  it("G5: another engine begins anew, unless the job allows it", () => {
    const first = [onAgent("1"), hello(1), checkpoint(1, 3), end(1, "preempted")];
    expect(run(submit(), ...first, onAgent("2")).state).toMatchObject({ checkpoints: [], fraction: 0 });
    expect(run(submit(), ...first, onAgent("1")).state).toMatchObject({ checkpoints: [{ nextSegment: 3 }] });
    expect(run(submit({ allowEngineChange: true }), ...first, onAgent("2")).state).toMatchObject({
      checkpoints: [{ nextSegment: 3 }],
    });
  });

  it("tell the asset of progress once in ten seconds of the attempt", () => {
    let state: JobState = initialState;
    const told: number[] = [];
    const at = (ms: number, command: JobCommand): void => {
      const decided = decide(state, command);
      if (!decided.ok) throw new Error(decided.error.code);
      for (const event of decided.value) {
        state = evolve(state, event, ms);
        if (effects(state, event, ms).some((effect) => effect.kind === "send" && effect.key === "progress")) {
          told.push(ms);
        }
      }
    };
    at(0, submit());
    at(5_000, onAgent());
    for (const ms of [6_000, 14_999, 15_000, 16_000, 24_999, 47_000, 48_000]) at(ms, checkpoint(1, ms));
    expect(told).toEqual([15_000, 47_000]);
  });

  it("are not taken from another attempt's folder, or another job's", () => {
    const elsewhere = ["ten_test/assets/ast_1/jobs/job_1/2/c", "ten_other/assets/ast_1/jobs/job_1/1/c", "c"];
    for (const key of elsewhere) {
      const stolen = report(1, {
        type: "checkpoint",
        blob: { key, sizeBytes: 1, sha256: "b".repeat(64) },
        nextSegment: 1,
        fraction: 0.1,
      });
      expect(run(submit(), onAgent(), stolen).types).not.toContain("CheckpointCommitted");
    }
  });
});

describe("the end of an attempt", () => {
  /** What 20 causes and their repetitions lead to, worked out by hand. */
  it.each([
    [["bad_input"], null],
    [["bad_request"], null],
    [["unsupported"], null],
    [["deadline"], null],
    [["preempted"], 0],
    [["paused"], 0],
    [["unusable_gpu"], 0],
    [["capacity"], 5_000],
    [["rate_limited"], 5_000],
    [["quota"], 5_000],
    [["capacity", "quota", "capacity"], 20_000],
    [["transient"], 1_000],
    [["lost_heartbeat"], 1_000],
    [["out_of_memory"], 1_000],
    [["exit_code"], 1_000],
    [["auth"], 1_000],
    [["start_timeout"], 1_000],
    [["result_lost"], 1_000],
    [["transient", "preempted", "exit_code"], 2_000],
    [["transient", "transient", "transient", "transient", "transient"], null],
  ] as [FailureCause[], number | null][])("after %j the next begins in %j ms", (causes, expected) => {
    expect(retryInMs(causes)).toBe(expected);
  });

  it("takes at most a fifth off for jitter, and never more", () => {
    expect(retryInMs(["capacity"], 0.999)).toBe(4_001);
    expect(isRetryable("bad_input")).toBe(false);
  });

  it("pauses a job without tries left where its owner wants to look at it", () => {
    const tries = [1, 2, 3, 4, 5].flatMap((attempt) => [onAgent(), end(attempt, "exit_code")]);
    expect(run(submit({ onExhausted: "pause" }), ...tries, { type: "resume" }).statuses.slice(-2)).toEqual([
      "paused",
      "queued",
    ]);
    expect(run(submit(), ...tries).statuses.at(-1)).toBe("failed");
    expect(run(submit({ onExhausted: "pause" }), onAgent(), end(1, "bad_input")).statuses.at(-1)).toBe("failed");
  });

  it("settles once, with the time of every attempt, and not at all where nothing ran", () => {
    const { sent } = run(submit(), onAgent(), end(1, "preempted"), onAgent(), report(2, { type: "succeeded" }));
    expect(sent.filter((row) => row === "object:tenant settle")).toHaveLength(1);
    expect(run(submit(), { type: "cancel" }).sent).not.toContain("object:tenant settle");
  });
});
