import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attemptDeadline, type Heard } from "./deadlines.ts";
import { nextPollAtMs, submissionSettlesMs } from "./poll-schedule.ts";
import { JobSpec } from "./spec.ts";
import type { LiveJob, Placement } from "./state.ts";

const HOUR_MS = 3_600_000;

const provider = (retentionMs: number, expectedRunMs: number) =>
  ({
    kind: "provider",
    provider: "p",
    account: "a",
    endpoint: "e",
    externalId: "x",
    retentionMs,
    expectedRunMs,
  }) satisfies Placement;

describe("the polls of a run", () => {
  it("PS1: the first comes at the expected end", () => {
    expect(nextPollAtMs(provider(HOUR_MS, 60_000), 1_000, 1_000)).toBe(61_000);
  });

  it("PS2: none lets a result grow older than half of the retention, and twelve are enough for a day", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10 * 60_000, max: 24 * HOUR_MS }),
        fc.integer({ min: 1_000, max: 2 * HOUR_MS }),
        fc.integer({ min: 1_000, max: 2 * HOUR_MS }),
        (retentionMs, expectedRunMs, runMs) => {
          let [asked, polls] = [0, 0];
          while (asked < runMs) {
            const next = nextPollAtMs(provider(retentionMs, expectedRunMs), 0, asked);
            expect(next - asked).toBeLessThanOrEqual(Math.max(10_000, retentionMs / 2));
            asked = next;
            polls += 1;
          }
          expect(asked - runMs).toBeLessThan(retentionMs / 2);
          // Runs within a factor of four of what was expected: what a schedule can be asked to do with few questions.
          if (runMs <= expectedRunMs * 4 && runMs <= retentionMs) expect(polls).toBeLessThanOrEqual(12);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe("a submission without an answer", () => {
  it.each([
    [HOUR_MS, 0, 45_000],
    [HOUR_MS, 0.999_999, 75_000],
    [60_000, 0.5, 18_000],
  ])("PS3: with results kept %i ms and a jitter of %d is looked for after %i ms", (retentionMs, jitter, expected) => {
    expect(submissionSettlesMs(provider(retentionMs, 1), jitter)).toBe(expected);
  });
});

describe("the deadlines of an attempt", () => {
  const spec = JobSpec.parse({
    tenant: "ten_test",
    assetId: "ast_1",
    pipeline: "p",
    steps: [{ id: "shots", operation: "shots", parameters: {} }],
    input: { key: "k", name: "n", mediaType: "video", contentType: "v", sizeBytes: 1, sha256: "", metadata: {} },
    limits: { startMs: 600_000, runMs: 7_200_000, totalMs: 21_600_000 },
  });
  const job = (placement: Placement, more: Partial<LiveJob> = {}): LiveJob => ({
    phase: "live",
    jobId: "job_1",
    spec,
    status: "running",
    reason: null,
    priority: 50,
    pauseRequested: false,
    attempts: [
      { number: 1, placement, engine: null, startedAtMs: 1_000, placedAtMs: 1_000, endedAtMs: null, cause: null },
    ],
    finishedSteps: [],
    checkpoints: [],
    fraction: 0,
    createdAtMs: 0,
    finishedAtMs: null,
    ...more,
  });
  const heard = (more: Partial<Heard>): Heard => ({
    attempt: 1,
    applied: 3,
    held: [],
    heldReports: [],
    lastHeardAtMs: 5_000,
    gapSinceMs: null,
    ...more,
  });
  const agent: Placement = { kind: "agent", agentId: "agt_1" };

  it("ends a lease 30 s after the last word, of this attempt", () => {
    expect(attemptDeadline(job(agent), heard({}))).toMatchObject({ atMs: 35_000, cause: "lost_heartbeat" });
    expect(attemptDeadline(job(agent), heard({ attempt: 0 }))).toMatchObject({ atMs: 31_000 });
    expect(attemptDeadline(job(agent), null)).toMatchObject({ atMs: 31_000 });
  });

  it("waits two minutes for a missing report, ten for a beginning, two hours for an end", () => {
    expect(attemptDeadline(job(agent), heard({ lastHeardAtMs: 200_000, gapSinceMs: 90_000, held: [9] }))).toMatchObject(
      { atMs: 210_000, cause: "transient" },
    );
    expect(attemptDeadline(job(agent, { status: "provisioning" }), heard({ lastHeardAtMs: 590_000 }))).toMatchObject({
      atMs: 601_000,
      cause: "start_timeout",
    });
    expect(attemptDeadline(job(agent), heard({ lastHeardAtMs: 7_190_000 }))).toMatchObject({
      atMs: 7_201_000,
      cause: "deadline",
    });
  });

  it("asks no heartbeat of a provider's run, which has until its limit", () => {
    expect(attemptDeadline(job(provider(HOUR_MS, 1)), null)).toMatchObject({ atMs: 7_201_000, cause: "deadline" });
  });

  it("has none for a job that is not at work", () => {
    expect(attemptDeadline(job(agent, { attempts: [] }), null)).toBeNull();
  });
});
