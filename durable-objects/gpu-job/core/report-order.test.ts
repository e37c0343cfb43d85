/**
 * Whatever is lost, repeated or reordered on the way: a history of reports over several attempts ends in one state.
 * What the state has to be is worked out from the history alone, without the rules under test.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Report } from "../../../shared/contracts/agent.ts";
import { decide } from "./decide.ts";
import { admits } from "./decide-report.ts";
import { evolve } from "./evolve.ts";
import { admitReports, type Window } from "./report-window.ts";
import { JobSpec } from "./spec.ts";
import { initialState, type JobState } from "./state.ts";

const CASES = 100_000;
const STEPS = ["a1", "b2", "c3"] as const;
const at = "2026-01-01T00:00:00.000Z";

const spec = JobSpec.parse({
  tenant: "ten_test",
  assetId: "ast_1",
  pipeline: "p",
  steps: STEPS.map((id) => ({ id, operation: "shots", parameters: {} })),
  input: { key: "k", name: "n", mediaType: "video", contentType: "v", sizeBytes: 1, sha256: "", metadata: {} },
});

type Happening =
  | { readonly kind: "progress"; readonly segment: number }
  | { readonly kind: "checkpoint"; readonly segment: number }
  | { readonly kind: "partial"; readonly step: (typeof STEPS)[number] }
  | { readonly kind: "heartbeat" };
type End = "succeeded" | "preempted" | "transient" | "lost";
type AttemptHistory = { readonly happenings: readonly Happening[]; readonly end: End };

function reportsOf(attempt: number, { happenings, end }: AttemptHistory): Report[] {
  const bodies = happenings.map((happening) => {
    switch (happening.kind) {
      case "heartbeat":
        return { type: "heartbeat" as const };
      case "progress":
        return { type: "progress" as const, fraction: 0.1, step: null, segment: happening.segment };
      case "checkpoint": {
        const key = `ten_test/assets/ast_1/jobs/job_1/${attempt}/${happening.segment}`;
        const blob = { key, sizeBytes: 1, sha256: "a".repeat(64) };
        return { type: "checkpoint" as const, blob, fraction: 0.5, nextSegment: happening.segment };
      }
      case "partial": {
        const { step } = happening;
        const nothing = { reason: null, metadata: null, insights: [], insightsBlob: null };
        return { type: "partial" as const, step, status: "succeeded" as const, ...nothing };
      }
    }
  });
  const last =
    end === "lost"
      ? []
      : end === "transient"
        ? [{ type: "failed" as const, cause: end, reason: { code: end, detail: end } }]
        : [{ type: end }];
  const hello = { type: "hello" as const, agentId: "agt_1", resumedFrom: null };
  return [hello, ...bodies, ...last].map((body, index): Report => ({ seq: index + 1, at, ...body }));
}

/** One job with the window that its shell keeps; the window belongs to the attempt that was heard last. */
class Job {
  state: JobState = initialState;
  refused = 0;
  #window: Window & { attempt: number } = { attempt: 0, applied: 0, held: new Map() };

  command(command: Parameters<typeof decide>[1]): void {
    const decided = decide(this.state, command);
    if (decided.ok) for (const event of decided.value) this.state = evolve(this.state, event, 1);
  }

  start(): void {
    this.command({ type: "start-attempt", placement: { kind: "agent", agentId: "agt_1" }, engine: null });
  }

  take(attempt: number, batch: readonly Report[]): void {
    if (!admits(this.state, attempt).ok) {
      this.refused += 1;
      return;
    }
    if (this.#window.attempt !== attempt) this.#window = { attempt, applied: 0, held: new Map() };
    const admission = admitReports(this.#window, batch);
    const held = new Map(this.#window.held);
    for (const seq of admission.release) held.delete(seq);
    for (const report of admission.hold) held.set(report.seq, report);
    this.#window = { attempt, applied: admission.applied, held };
    for (const report of admission.apply) this.command({ type: "report", attempt, report });
  }
}

/** A deterministic shuffle: every number picks among what is left. */
function shuffled<T>(items: readonly T[], picks: readonly number[]): T[] {
  const left = [...items];
  return items.map((_, index) => left.splice((picks[index % picks.length] ?? 0) % left.length, 1)[0] as T);
}

function play(attempts: readonly AttemptHistory[], disorder: readonly number[] | null): Job {
  const job = new Job();
  job.command({ type: "submit", jobId: "job_1", spec });
  const before: { attempt: number; report: Report }[] = [];
  attempts.forEach((history, index) => {
    const attempt = index + 1;
    job.start();
    const own = reportsOf(attempt, history).map((report) => ({ attempt, report }));
    const order = disorder === null ? own : shuffled([...own, ...own, ...before], disorder);
    const size = disorder === null ? 1 : ((disorder[0] ?? 0) % 3) + 1;
    for (let from = 0; from < order.length; from += size) {
      const batch = order.slice(from, from + size);
      for (const each of new Set(batch.map((item) => item.attempt))) {
        const reports = batch.flatMap((item) => (item.attempt === each ? [item.report] : []));
        job.take(each, reports);
      }
    }
    if (history.end === "lost") {
      const reason = { code: "lost_heartbeat", detail: "The agent fell silent." };
      job.command({ type: "end-attempt", attempt, cause: "lost_heartbeat", reason });
    }
    before.push(...own);
  });
  return job;
}

/** From the history alone: each step once, in the order of its first word; the last checkpoints; how it ended. */
function expected(attempts: readonly AttemptHistory[]) {
  const steps = attempts.flatMap(({ happenings }) =>
    happenings.flatMap((happening) => (happening.kind === "partial" ? [happening.step] : [])),
  );
  return {
    finishedSteps: [...new Set(steps)],
    attempts: attempts.map(({ end }) => (end === "succeeded" ? null : end === "lost" ? "lost_heartbeat" : end)),
    status: attempts.at(-1)?.end === "succeeded" ? "succeeded" : "queued",
  };
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ kind: fc.constant("progress" as const), segment: fc.nat(9) }),
  fc.record({ kind: fc.constant("checkpoint" as const), segment: fc.nat(9) }),
  fc.record({ kind: fc.constant("partial" as const), step: fc.constantFrom(...STEPS) }),
  fc.constant({ kind: "heartbeat" as const }),
);
const ofAttempt = (...ends: End[]): fc.Arbitrary<AttemptHistory> =>
  fc.record({ happenings: fc.array(happening, { maxLength: 6 }), end: fc.constantFrom(...ends) });
const histories = fc
  .tuple(
    fc.array(ofAttempt("preempted", "transient", "lost"), { maxLength: 3 }),
    ofAttempt("succeeded", "preempted", "transient", "lost"),
  )
  .map(([earlier, last]) => [...earlier, last]);

describe("reports in any order", () => {
  it(`end in the state of their history, in ${CASES} cases`, () => {
    let refused = 0;
    fc.assert(
      fc.property(histories, fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 }), (attempts, disorder) => {
        const straight = play(attempts, null);
        const crooked = play(attempts, disorder);
        refused += crooked.refused;
        // Deep equality of JSON values: `toEqual` costs ten times as much, a hundred thousand times.
        if (JSON.stringify(crooked.state) !== JSON.stringify(straight.state)) {
          expect(crooked.state).toEqual(straight.state);
        }
        const { state } = crooked;
        const found = state.phase === "live" && {
          finishedSteps: state.finishedSteps,
          attempts: state.attempts.map(({ cause }) => cause),
          status: state.status,
        };
        if (JSON.stringify(found) !== JSON.stringify(expected(attempts))) {
          expect(found).toEqual(expected(attempts));
        }
      }),
      { numRuns: CASES },
    );
    // A run in which no late report was fenced off would prove little.
    expect(refused).toBeGreaterThan(CASES / 10);
  }, 240_000);
});
