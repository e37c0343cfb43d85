/** Any graph, any outcome of its steps and jobs, any deletion in between: an analysis comes to its end. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { MAX_STEP_JOBS } from "../../../shared/core/analysis/retryable.ts";
import { ended, History, inspected, node, over, uploaded } from "./testing/history.ts";

type Row = {
  /** Numbers of steps it depends on; only those before it count, so that there is no cycle. */
  readonly needs: readonly number[];
  readonly lane: string;
  readonly required: boolean;
  /** How the step ends in each job that gets it; null: the job ends without a word about it. */
  readonly ends: readonly (number | string | null)[];
};

type Turn = {
  /** Which of the open jobs comes next. */
  readonly job: number;
  readonly failure: "lost_heartbeat" | "bad_input" | null;
  /** Whether the asset is deleted and brought back before. */
  readonly interrupted: boolean;
};

const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.record({
    needs: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
    lane: fc.constantFrom("main", "gpu", "edge"),
    // Few: otherwise nearly every analysis would end with its first failure.
    required: fc.nat({ max: 9 }).map((number) => number === 0),
    ends: fc.array(fc.constantFrom(2, 0, "undecodable", "upload_failed", "no_engine", null), {
      minLength: MAX_STEP_JOBS,
      maxLength: MAX_STEP_JOBS,
    }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** At most three interruptions. */
const turns: fc.Arbitrary<Turn[]> = fc.array(
  fc.record({
    job: fc.nat(),
    failure: fc.constantFrom("lost_heartbeat", "bad_input", null),
    interrupted: fc.boolean(),
  }),
  { minLength: 3, maxLength: 3 },
);
const LATER: Turn = { job: 0, failure: null, interrupted: false };

const begun = (steps: readonly Row[]): History =>
  new History().when(
    ...uploaded({
      name: "mine@1",
      steps: steps.map(({ needs, lane, required }, index) =>
        node(
          `s${index}`,
          [...new Set(needs.filter((need) => need < index))].map((need) => `s${need}`),
          {
            lane,
            required,
          },
        ),
      ),
    }),
    inspected,
  );

const neededSucceeded = (history: History, id: string): boolean =>
  history.step(id).dependsOn.every((needed) => history.step(needed).status === "succeeded");

/** One open job says what it has to say, everything twice. */
function takeTurn(history: History, steps: readonly Row[], turn: Turn, number: number): void {
  if (turn.interrupted) {
    history.when(
      { type: "delete", purge: false, retentionMs: 1_000_000 },
      { type: "restore", newJobId: `job_r${number}` },
    );
  }
  const open = history.asset.openJobs;
  const job = open[turn.job % open.length];
  if (job === undefined) return;
  for (const id of job.steps) {
    expect(neededSucceeded(history, id)).toBe(true);
    const { ends = [] } = steps[Number(id.slice(1))] ?? {};
    const end = ends[Math.min(history.step(id).attempts, MAX_STEP_JOBS) - 1] ?? null;
    if (end !== null) history.when(ended(job.jobId, id, end), ended(job.jobId, id, end));
  }
  const end = over(job.jobId, `job_${number}`, turn.failure);
  history.when(end, end);
}

it("ends: nothing waits, nothing is tried too often, nothing runs without what it needs", () => {
  const statuses = new Set<string>();
  fc.assert(
    fc.property(rows, turns, (steps, first) => {
      const history = begun(steps);
      // Each step in each of its jobs alone would be so many turns; an interruption gives steps a job more.
      const most = (MAX_STEP_JOBS + first.length) * steps.length;
      for (let turn = 0; turn <= most && history.asset.status === "analysing"; turn += 1)
        takeTurn(history, steps, first[turn] ?? LATER, turn);
      const { asset } = history;
      statuses.add(asset.status);
      expect(["analysed", "failed"]).toContain(asset.status);
      expect(asset.saga?.status).toBe(asset.status === "failed" ? "compensating" : undefined);
      const found = asset.steps.some(({ insightCount }) => insightCount > 0);
      expect(asset.status === "analysed" ? found : true).toBe(true);
      for (const { id, status, attempts } of asset.steps) {
        expect(["succeeded", "failed", "skipped"]).toContain(status);
        expect(attempts).toBeLessThanOrEqual(MAX_STEP_JOBS + first.length);
        expect(status === "succeeded" ? attempts > 0 && neededSucceeded(history, id) : true).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
  expect([...statuses].toSorted()).toEqual(["analysed", "failed"]);
});
