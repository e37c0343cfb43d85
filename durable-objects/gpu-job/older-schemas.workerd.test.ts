import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { gpuJob, tenantObject } from "../addresses.ts";
import { type DatabaseDump, restoreDump } from "../runtime/testing/database-dump.ts";
import first from "./fixtures/database-1.json";
import second from "./fixtures/database-2.json";
import third from "./fixtures/database-3.json";
import { at, heartbeat, hello, partial, statusOf } from "./testing/jobs.ts";

/** Databases as earlier schemas left them: 1 is that of release 0.1.0, 2 has placements and no engine in checkpoints. */
describe("GpuJob of an older schema", () => {
  it("wakes on a database of schema 2 that is to pause, with the engine of its checkpoints, and goes on to the end", async () => {
    const jobId = "job_00000000000000000000000002";
    const raw = env.GPU_JOB.get(env.GPU_JOB.idFromName(`ten_old2/${jobId}`));
    // SAFETY: JSON of a dump.
    await restoreDump(raw, second as DatabaseDump);
    const job = gpuJob(env, "ten_old2", jobId);
    expect(await job.get()).toMatchObject({
      value: {
        status: "running",
        priority: 70,
        attempts: [{ cause: "preempted" }, { cause: null }],
        checkpoint: { nextSegment: 2, engine: "0.1.9", committedAt: expect.stringMatching(/^2026-11-25T/) as string },
      },
    });
    expect(await job.takeReports(2, [heartbeat(4), { seq: 6, at, type: "preempted" }])).toMatchObject({
      value: { accepted: 3, held: 0 },
    });
    expect(await statusOf(job)).toBe("paused");
    await job.resume();
    expect(await job.startAttempt("agt_new2", "0.1.9")).toMatchObject({
      value: { attempt: 3, checkpoints: [{ nextSegment: 2 }, { nextSegment: 1 }] },
    });
    await job.takeReports(3, [hello, partial(2, "shots"), partial(3, "loudness"), { seq: 4, at, type: "succeeded" }]);
    expect(await statusOf(job)).toBe("succeeded");
  });

  it("wakes on a database whose timers and counters are tables of their own, and goes on to the end", async () => {
    const jobId = "job_00000000000000000000000003";
    const raw = env.GPU_JOB.get(env.GPU_JOB.idFromName(`ten_old3/${jobId}`));
    // SAFETY: JSON of a dump.
    await restoreDump(raw, third as DatabaseDump);
    const job = gpuJob(env, "ten_old3", jobId);
    expect(await job.get()).toMatchObject({ value: { status: "running", progress: 0.4 } });
    const kept = await runInDurableObject(raw, (_instance, { storage }) => ({
      tables: storage.sql
        .exec(
          "SELECT group_concat(name) AS names FROM sqlite_master WHERE name GLOB '*schema_version' OR name = 'timers'",
        )
        .one()["names"],
      row: storage.sql
        .exec("SELECT timers ->> '$.attempt[1]' AS tries, own_schema, runtime_schema FROM snapshot")
        .one(),
    }));
    expect(kept).toEqual({ tables: null, row: { tries: 0, own_schema: 2, runtime_schema: 2 } });
    // It had heard 1, 2 and held 4.
    expect(await job.takeReports(1, [heartbeat(3)])).toMatchObject({ value: { accepted: 2, held: 0 } });
    await job.takeReports(1, [partial(5, "shots"), partial(6, "loudness"), { seq: 7, at, type: "succeeded" }]);
    expect(await statusOf(job)).toBe("succeeded");
  });

  it("wakes on a database of 0.1.0 in the middle of an attempt, and goes on to the end", async () => {
    const jobId = "job_00000000000000000000000001";
    const raw = env.GPU_JOB.get(env.GPU_JOB.idFromName(`ten_old1/${jobId}`));
    // SAFETY: JSON of a dump.
    await restoreDump(raw, first as DatabaseDump);
    const job = gpuJob(env, "ten_old1", jobId);
    expect(await job.get()).toMatchObject({
      value: {
        status: "running",
        priority: 50,
        progress: 0.5,
        attempts: [{ number: 1, placement: "agt_old1", cause: null }],
        checkpoint: { nextSegment: 1 },
        steps: { done: 1, total: 2 },
      },
    });
    // It had heard 1 to 5 and held 7: the missing one closes the gap.
    expect(await job.takeReports(1, [heartbeat(5), heartbeat(6)])).toMatchObject({
      value: { accepted: 2, duplicates: 1, held: 0 },
    });
    expect(await job.takeReports(1, [partial(8, "loudness"), { seq: 9, at, type: "succeeded" }])).toMatchObject({
      value: { accepted: 2, directive: "stop" },
    });
    const events = await job.events({ after: 0, limit: 100 });
    expect(events.ok && events.value.events.map(({ version }) => version)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    await vi.waitFor(async () => {
      expect(await tenantObject(env, "ten_old1").usage()).toMatchObject([{ jobs: 1 }]);
    });
  });
});
