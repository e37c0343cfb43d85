/** The shell, by way of a class that uses all of it. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { OutboxEntry } from "../../shared/core/effect.ts";
import { gpuJob } from "../addresses.ts";
import type { GpuJob } from "../gpu-job/object.ts";
import { Journal } from "./journal.ts";
import { Outbox, type OutboxRow } from "./outbox.ts";
import { makeDue } from "./testing/timers.ts";

const SPEC = {
  tenant: "ten_shell1",
  assetId: "ast_00000000000000000000000001",
  pipeline: "p",
  steps: [{ id: "shots", operation: "shots", parameters: {} }],
  input: { key: "k", name: "n", mediaType: "video", contentType: "v", sizeBytes: 1, sha256: "", metadata: {} },
};
let counter = 0;

async function submitted() {
  counter += 1;
  const jobId = `job_8${String(counter).padStart(25, "0")}`;
  const raw = env.GPU_JOB.get(env.GPU_JOB.idFromName(`ten_shell1/${jobId}`));
  const job = gpuJob(env, "ten_shell1", jobId);
  await job.submit(jobId, SPEC);
  return { jobId, job, raw };
}

/** What the shell calls on its class, for tests to replace. */
type Inside = {
  deliver(row: OutboxRow): Promise<void>;
  onTimer(name: string, nowMs: number): Promise<void>;
};
const inside = (instance: unknown): Inside => instance as Inside;

describe("an actor", () => {
  it("makes its state anew from the journal when the snapshot is of another shape", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    const before = await job.get();
    await runInDurableObject(raw, (_instance, { storage }) => {
      storage.sql.exec("UPDATE snapshot SET version = 99, state = 'not even JSON'");
    });
    await evictDurableObject(raw);
    expect(await job.get()).toEqual(before);
  });

  it("A3: wakes again when a timer's handler throws, later each time, and acts once it no longer does", async () => {
    const { job, raw } = await submitted();
    const due = async (): Promise<void> => {
      await makeDue(raw);
      await runInDurableObject(raw, (_instance, { storage }) => storage.setAlarm(Date.now() + 3_600_000));
    };
    for (const attempts of [1, 2, 3, 4, 5, 6, 7, 8]) {
      await runInDurableObject(raw, (instance) => {
        vi.spyOn(inside(instance), "onTimer").mockRejectedValueOnce(new Error("away"));
      });
      await due();
      await runDurableObjectAlarm(raw);
      const found = await runInDurableObject(raw, async (_instance, { storage }) => ({
        timers: storage.sql
          .exec("SELECT key AS name, value ->> 1 AS attempts FROM snapshot, json_each(timers)")
          .toArray(),
        alarm: await storage.getAlarm(),
      }));
      expect(found.timers).toEqual([{ name: "expire", attempts }]);
      expect(found.alarm).not.toBeNull();
    }
    await due();
    await runDurableObjectAlarm(raw);
    expect(await job.get()).toMatchObject({ value: { status: "expired" } });
  });

  it("A3: an alarm that is cut off runs again, at a time that a steady beat of crashes cannot meet each time", async () => {
    const { raw } = await submitted();
    const waits: number[] = [];
    for (let alarms = 0; alarms < 8; alarms += 1) {
      await makeDue(raw);
      await runInDurableObject(raw, async (instance, { storage }) => {
        vi.spyOn(inside(instance), "onTimer").mockImplementationOnce(async () => {
          // What stands here when the object is killed in its work.
          waits.push(((await storage.getAlarm()) ?? 0) - Date.now());
          throw new Error("cut off");
        });
        await storage.setAlarm(Date.now() + 3_600_000);
      });
      await runDurableObjectAlarm(raw);
    }
    for (const wait of waits) {
      expect(wait).toBeGreaterThan(4_000);
      expect(wait).toBeLessThanOrEqual(15_000);
    }
    expect(new Set(waits.map((wait) => Math.round(wait / 100))).size).toBeGreaterThan(2);
  });

  it("a receiver that never answers holds up no other", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    const sent: string[] = [];
    await runInDurableObject(raw, (instance) => {
      vi.spyOn(inside(instance), "deliver").mockImplementation(async (row) => {
        sent.push(`${row.target} ${row.key}`);
        if (row.target === "object:media-asset") await new Promise(() => undefined);
      });
    });
    await job.takeReports(1, [{ seq: 1, at: "2026-01-01T00:00:00.000Z", type: "succeeded" }]);
    await vi.waitFor(() => expect(sent.toSorted()).toEqual(["object:media-asset end", "object:tenant settle"]));
    await runInDurableObject(raw, async (instance) => {
      // SAFETY: the shell's own way to send.
      const { send } = instance as unknown as { send: (entry: OutboxEntry) => void };
      send.call(instance, { target: "queue:place", key: "later", body: {}, confirmedByReceiver: false });
    });
    await vi.waitFor(() => expect(sent).toContain("queue:place later"));
    const left = await runInDurableObject(raw, (_instance, { storage }) =>
      storage.sql.exec("SELECT target FROM outbox").toArray(),
    );
    expect(left).toEqual([{ target: "object:media-asset" }]);
  });

  it("changes nothing, in memory or on disk, when the transaction fails", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    const before = await job.get();
    await runInDurableObject(raw, async (instance) => {
      const add = vi.spyOn(Outbox.prototype, "add").mockImplementation(() => {
        throw new Error("disk full");
      });
      const reports = [
        { seq: 1, at: "2026-01-01T00:00:00.000Z", type: "hello", agentId: "agt_1", resumedFrom: null },
        { seq: 2, at: "2026-01-01T00:00:00.000Z", type: "succeeded" },
      ] as const;
      // SAFETY: the stub is of this class.
      const failed = await (instance as unknown as GpuJob).takeReports(1, reports).catch(String);
      add.mockRestore();
      expect(failed).toBe("Error: disk full");
    });
    expect(await job.get()).toEqual(before);
    expect(await job.takeReports(1, [{ seq: 1, at: "2026-01-01T00:00:00.000Z", type: "succeeded" }])).toMatchObject({
      value: { accepted: 1 },
    });
  });
});

describe("what the platform refuses", () => {
  it("is refused here already: rows over 2 MB, messages over 128 KB", async () => {
    const { raw } = await submitted();
    await runInDurableObject(raw, (_instance, { storage }) => {
      const outbox = new Outbox(storage.sql, false);
      const journal = new Journal(storage.sql);
      const entry = (target: string, text: string) => ({ target, key: "k", body: text, confirmedByReceiver: false });
      const event = (text: string) => ({ type: "Test", version: 1, data: { text } });
      expect(() => outbox.add([entry("queue:place", "x".repeat(127_990))], 0)).not.toThrow();
      expect(() => outbox.add([entry("queue:place", "x".repeat(128_000))], 0)).toThrow(RangeError);
      expect(() => outbox.add([entry("queue:place", "ä".repeat(64_000))], 0)).toThrow(RangeError);
      expect(() => outbox.add([entry("object:a", "x".repeat(1_900_000))], 0)).not.toThrow();
      expect(() => outbox.add([entry("object:a", "x".repeat(2_000_000))], 0)).toThrow(RangeError);
      expect(() => journal.append([event("x".repeat(1_900_000))], 0, () => "evt_1")).not.toThrow();
      expect(() => journal.append([event("ä".repeat(1_000_000))], 0, () => "evt_2")).toThrow(RangeError);
    });
  });
});
