import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Once } from "../../shared/contracts/once.ts";
import type { gpuJob } from "../addresses.ts";
import { submitted } from "./testing/jobs.ts";

const KEY: Once = { key: "pauseJob:1", fingerprint: "f" };

async function eventsOf(job: ReturnType<typeof gpuJob>): Promise<string[]> {
  const read = await job.events({ after: 0, limit: 100 });
  return read.ok ? read.value.events.map(({ type }) => type) : [read.error.code];
}

describe("an operation on a job under a key", () => {
  it("has one effect and one answer, however many ask at once", async () => {
    const { job } = await submitted();
    const answers = await Promise.all(Array.from({ length: 20 }, () => job.pause(KEY)));
    expect(await eventsOf(job)).toEqual(["JobSubmitted", "JobPaused"]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.ok && answer.value))).size).toBe(1);
    expect(answers[0]).toMatchObject({ ok: true, value: { status: "paused", seq: 2 } });
    expect(answers.filter(({ replayed }) => replayed === true)).toHaveLength(19);
  });

  it("is answered as at first when the object ends between effect and answer, whatever came of the job since", async () => {
    const { job, raw } = await submitted();
    const lost = await job.pause(KEY);
    await evictDurableObject(raw);
    await job.resume();
    await evictDurableObject(raw);
    const again = await job.pause(KEY);
    expect(again.replayed).toBe(true);
    expect(JSON.stringify(again.ok && again.value)).toBe(JSON.stringify(lost.ok && lost.value));
    expect(await eventsOf(job)).toEqual(["JobSubmitted", "JobPaused", "JobResumed"]);
  });

  it("keeps the key of one that changes nothing", async () => {
    const { job } = await submitted();
    const idle = { key: "resumeJob:1", fingerprint: "f" };
    expect(await job.resume(idle)).toMatchObject({ ok: true, value: { status: "queued", seq: 1 } });
    await job.pause();
    expect(await job.resume(idle)).toMatchObject({ ok: true, replayed: true, value: { status: "queued", seq: 1 } });
    expect(await eventsOf(job)).toEqual(["JobSubmitted", "JobPaused"]);
  });

  it("is refused with another request under the key, and does nothing", async () => {
    const { job } = await submitted();
    await job.pause(KEY);
    await job.resume();
    expect(await job.pause({ ...KEY, fingerprint: "g" })).toMatchObject({
      ok: false,
      error: { code: "idempotency_conflict" },
    });
    expect(await eventsOf(job)).toEqual(["JobSubmitted", "JobPaused", "JobResumed"]);
  });

  it("keeps no key of a refusal: the same request may succeed later", async () => {
    const { job } = await submitted({ requiresConfirmation: true });
    expect(await job.pause(KEY)).toMatchObject({ ok: false, error: { code: "job_not_in_state" } });
    await job.confirm();
    const answer = await job.pause(KEY);
    expect([answer.ok, answer.replayed]).toEqual([true, undefined]);
  });

  it("answers with the job as it is by then where the answer was over 8 KiB", async () => {
    const { job } = await submitted();
    for (let attempt = 1; attempt <= 50; attempt += 1) {
      expect(await job.startAttempt(`agt_${"a".repeat(56)}`, "1")).toMatchObject({ ok: true });
      await job.takeReports(attempt, [{ seq: 1, at: "2026-01-01T00:00:00.000Z", type: "preempted" }]);
    }
    const first = await job.pause(KEY);
    expect(JSON.stringify(first.ok && first.value).length).toBeGreaterThan(8_192);
    expect(first).toMatchObject({ value: { status: "paused" } });
    await job.resume();
    expect(await job.pause(KEY)).toMatchObject({ ok: true, replayed: true, value: { status: "queued" } });
  });
});

describe("the priority of a job", () => {
  it("changes only for who has seen its newest event, when they ask for that", async () => {
    const { job } = await submitted();
    await job.pause();
    expect(await job.changePriority(90, 1)).toMatchObject({ error: { code: "precondition_failed" } });
    expect(await job.changePriority(90, 2)).toMatchObject({ value: { priority: 90, seq: 3 } });
    expect(await job.changePriority(10, 2)).toMatchObject({ error: { code: "precondition_failed" } });
    expect(await job.changePriority(10)).toMatchObject({ value: { priority: 10 } });
  });
});

describe("the events of a job", () => {
  it("are waited for, and told as soon as there is one", async () => {
    const { job } = await submitted();
    const news = job.events({ after: 1, limit: 10, waitMs: 60_000 });
    await job.pause();
    expect(await news).toMatchObject({ ok: true, value: { events: [{ type: "JobPaused", seq: 2 }] } });
  });

  it("are none when the time is up", async () => {
    const { job } = await submitted();
    expect(await job.events({ after: 1, limit: 10, waitMs: 1 })).toEqual({ ok: true, value: { events: [] } });
  });
});
