import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { Report } from "../../shared/contracts/agent.ts";
import type { GpuProvider, RunCoordinates, RunStatus } from "../../shared/ports/gpu-provider.ts";
import { ProviderFailure } from "../../shared/ports/gpu-provider.ts";
import { insight } from "../media-asset/testing/assets.ts";
import type { GpuJob } from "./object.ts";
import { ASSET, at, heartbeat, hello, later, partial, statusOf, step, submitted, TENANT } from "./testing/jobs.ts";

describe("GpuJob", () => {
  it("knows what it has heard over an eviction, also of reports that are no events", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    await job.takeReports(1, [hello, heartbeat(2), heartbeat(4)]);
    await evictDurableObject(raw);
    expect(await job.takeReports(1, [hello, heartbeat(2), heartbeat(4)])).toMatchObject({
      value: { accepted: 0, duplicates: 3 },
    });
    expect(await job.takeReports(1, [heartbeat(3)])).toMatchObject({ value: { accepted: 2, held: 0 } });
  });

  it("holds what is large, or much, in a table, over an eviction too, and nothing of it longer than needed", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    const large = partial(3, "shots", [], { title: "x".repeat(3_000) });
    const many = Array.from({ length: 12 }, (_, index) => heartbeat(index + 4));
    expect(await job.takeReports(1, [hello, large, ...many])).toMatchObject({ value: { accepted: 1, held: 13 } });
    const rows = (): Promise<unknown[]> =>
      runInDurableObject(raw, (_instance, { storage }) =>
        storage.sql
          .exec("SELECT seq FROM held_reports ORDER BY seq")
          .toArray()
          .map((row) => row["seq"]),
      );
    expect(await rows()).toEqual([3, 12, 13, 14, 15]);
    await evictDurableObject(raw);
    expect(await job.takeReports(1, [large, heartbeat(15)])).toMatchObject({ value: { duplicates: 2 } });
    expect(await job.takeReports(1, [heartbeat(2)])).toMatchObject({ value: { accepted: 14, held: 0 } });
    expect(await rows()).toEqual([]);
    expect(await job.takeReports(1, [{ seq: 16, at, type: "succeeded" }])).toMatchObject({ value: { accepted: 1 } });
  });

  it("writes two rows for a report and one for a heartbeat, in one statement each", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    await job.takeReports(1, [hello]);
    const rowsOf = (reports: Report[]): Promise<number> =>
      runInDurableObject(raw, async (instance, { storage }) => {
        const before = storage.sql.exec("SELECT total_changes() AS n").one()["n"];
        // SAFETY: the stub is of this class.
        await (instance as unknown as GpuJob).takeReports(1, reports);
        return Number(storage.sql.exec("SELECT total_changes() AS n").one()["n"]) - Number(before);
      });
    expect(await rowsOf([heartbeat(2)])).toBe(1);
    expect(await rowsOf([{ seq: 3, at, type: "progress", fraction: 0.1, step: "shots", segment: 0 }])).toBe(2);
  });

  it("keeps a lease that is renewed, and ends one that is not, without a word from anybody", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    await job.takeReports(1, [hello]);
    await later(raw, 20_000);
    await job.takeReports(1, [heartbeat(2)]);
    await later(raw, 20_000);
    expect(await statusOf(job)).toBe("running");
    await later(raw, 31_000);
    expect(await job.get()).toMatchObject({ value: { attempts: [{ cause: "lost_heartbeat" }] } });
    expect(await job.takeReports(1, [heartbeat(3)])).toMatchObject({ error: { code: "attempt_superseded" } });
  });

  it("cancels after 30 s what does not hand over, and keeps what was reported by then", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    await job.takeReports(1, [hello]);
    await job.cancel();
    expect(await statusOf(job)).toBe("canceling");
    expect(await job.takeReports(1, [partial(2, "shots")])).toMatchObject({ value: { directive: "drain" } });
    await later(raw, 31_000);
    expect(await job.get()).toMatchObject({ value: { status: "canceled", steps: { done: 1, total: 2 } } });
    expect(await job.takeReports(1, [heartbeat(3)])).toMatchObject({ value: { directive: "stop" } });
  });

  it("pauses, sleeps and resumes where it was", async () => {
    const { job, raw, jobId } = await submitted();
    await job.startAttempt("agt_1", "1");
    const blob = { key: `${TENANT}/assets/${ASSET}/jobs/${jobId}/1/c`, sizeBytes: 1, sha256: "a".repeat(64) };
    await job.takeReports(1, [hello, { seq: 2, at, type: "checkpoint", blob, fraction: 0.4, nextSegment: 4 }]);
    await job.pause();
    await job.takeReports(1, [{ seq: 3, at, type: "preempted" }]);
    expect(await statusOf(job)).toBe("paused");
    await evictDurableObject(raw);
    expect(await job.startAttempt("agt_2", "1")).toMatchObject({ error: { code: "attempt_superseded" } });
    await job.resume();
    expect(await job.startAttempt("agt_2", "1")).toMatchObject({
      value: { attempt: 2, checkpoints: [{ nextSegment: 4 }], steps: [step("shots"), step("loudness")] },
    });
  });

  it("puts findings that are too large for a row into the bucket, and names them", async () => {
    const { job, raw, jobId } = await submitted();
    await job.startAttempt("agt_1");
    const insights = Array.from({ length: 100 }, (_, index) => insight(`${index} ${"ä".repeat(1_000)}`));
    // The asset is not there, so that the row would be gone at once: what it said is read inside the transaction's object.
    const body = await runInDurableObject(raw, async (instance, { storage }) => {
      vi.spyOn(instance as unknown as { deliver: () => Promise<void> }, "deliver").mockRejectedValue(new Error("away"));
      await (instance as unknown as GpuJob).takeReports(1, [hello, partial(2, "shots", insights)]);
      const row = storage.sql.exec<{ body: string }>("SELECT body FROM outbox WHERE key = 'step:shots'").one();
      return JSON.parse(row.body) as { insights: unknown[]; insightsBlob: { key: string; sha256: string } };
    });
    expect(body.insights).toEqual([]);
    expect(body.insightsBlob.key).toContain(`${TENANT}/assets/${ASSET}/jobs/${jobId}/1/shots.`);
    const text = JSON.stringify(insights);
    expect(await (await env.MEDIA.get(body.insightsBlob.key))?.text()).toBe(text);
    expect(body.insightsBlob.sha256).toBe(createHash("sha256").update(text).digest("hex"));
  });

  it("drops the reports that follow the end of their attempt in the same batch", async () => {
    const { job, raw } = await submitted();
    await job.startAttempt("agt_1");
    const failed: Report = { seq: 2, at, type: "failed", cause: "bad_input", reason: { code: "x", detail: "x" } };
    await job.takeReports(1, [hello, failed, partial(3, "shots")]);
    expect(await job.get()).toMatchObject({ value: { status: "failed", steps: { done: 0 } } });
    const rows = await runInDurableObject(raw, (_instance, { storage }) =>
      storage.sql.exec("SELECT key FROM outbox WHERE key LIKE 'step:%'").toArray(),
    );
    expect(rows).toEqual([]);
  });
});

/** A provider that does what it is told and counts what it is asked. */
class ScriptedProvider implements GpuProvider {
  readonly asked: string[] = [];
  readonly runs = new Map<string, RunCoordinates>();
  answers: RunStatus[] = [];
  submitFault: Error | null = null;

  async find(label: string): Promise<RunCoordinates | null> {
    this.asked.push("find");
    return this.runs.get(label) ?? null;
  }

  async submit({ label, account, endpoint }: { label: string; account: string; endpoint: string }) {
    this.asked.push("submit");
    const run = { provider: "scripted", account, endpoint, externalId: `run-${this.runs.size + 1}` };
    if (!(this.submitFault instanceof ProviderFailure)) this.runs.set(label, run);
    if (this.submitFault !== null) throw this.submitFault;
    return run;
  }

  async status(run: RunCoordinates): Promise<RunStatus> {
    this.asked.push(`status ${run.externalId}`);
    return this.answers.shift() ?? { status: "running" };
  }

  async cancel(run: RunCoordinates): Promise<void> {
    this.asked.push(`cancel ${run.externalId}`);
  }
}

const PLACEMENT = {
  provider: "scripted",
  account: "main",
  endpoint: "e1",
  retentionMs: 1_800_000,
  expectedRunMs: 60_000,
};

describe("GpuJob at a provider", () => {
  async function placed(provider: ScriptedProvider) {
    const made = await submitted();
    const connect = (): Promise<void> =>
      runInDurableObject(made.raw, (instance) => {
        (instance as unknown as { provider: () => GpuProvider }).provider = () => provider;
      });
    await connect();
    expect(await made.job.startOnProvider(PLACEMENT)).toMatchObject({ value: { attempt: 1 } });
    return { ...made, connect };
  }

  it("submits once, asks the recorded run, and stores what it found before the job ends", async () => {
    const provider = new ScriptedProvider();
    const { job, raw, connect } = await placed(provider);
    await vi.waitFor(async () => expect(await statusOf(job)).toBe("provisioning"));
    const outcome = { step: "shots", status: "succeeded", reason: null, metadata: null, insightsBlob: null } as const;
    provider.answers = [{ status: "running" }, { status: "succeeded", outcomes: [{ ...outcome, insights: [] }] }];
    await runInDurableObject(raw, async (instance) => {
      await (instance as unknown as { onTimer: (name: string, now: number) => Promise<void> }).onTimer("poll", 0);
    });
    expect(await statusOf(job)).toBe("running");
    await evictDurableObject(raw);
    await connect();
    await runInDurableObject(raw, async (instance) => {
      await (instance as unknown as { onTimer: (name: string, now: number) => Promise<void> }).onTimer("poll", 0);
    });
    expect(await job.get()).toMatchObject({
      value: { status: "succeeded", steps: { done: 1 }, attempts: [{ placement: "scripted/main/e1/run-1" }] },
    });
    expect(provider.asked).toEqual(["find", "submit", "status run-1", "status run-1"]);
  });

  it("finds the run of a submission whose answer was lost, and submits no second one", async () => {
    const provider = new ScriptedProvider();
    provider.submitFault = new Error("connection reset");
    const { job, raw, connect } = await placed(provider);
    await vi.waitFor(() => expect(provider.asked).toEqual(["find", "submit"]));
    await evictDurableObject(raw);
    await connect();
    await runInDurableObject(raw, (_instance, { storage }) => storage.sql.exec("UPDATE outbox SET next_at = 0"));
    await job.nudge();
    await vi.waitFor(async () => expect(await statusOf(job)).toBe("provisioning"));
    expect(provider.asked.filter((call) => call === "submit")).toHaveLength(1);
  });

  it("writes down that it submits before it does, so that nobody submits again while the first may still show", async () => {
    const provider = new ScriptedProvider();
    const answer = Promise.withResolvers<RunCoordinates>();
    provider.submit = async () => {
      provider.asked.push("submit");
      return answer.promise;
    };
    const { raw } = await placed(provider);
    await vi.waitFor(() => expect(provider.asked).toEqual(["find", "submit"]));
    await runInDurableObject(raw, async (_instance, { storage }) => {
      const { next_at: nextAt } = storage.sql.exec<{ next_at: number }>("SELECT next_at FROM outbox").one();
      expect(nextAt - Date.now()).toBeGreaterThan(44_000);
      expect(await storage.getAlarm()).toBeLessThanOrEqual(nextAt);
    });
    answer.resolve({ provider: "scripted", account: "main", endpoint: "e1", externalId: "run-1" });
  });

  it("ends the attempt where the provider says why it refuses, and leaves no run behind", async () => {
    const provider = new ScriptedProvider();
    provider.submitFault = new ProviderFailure("capacity", "No GPU of that kind is free.");
    const { job } = await placed(provider);
    await vi.waitFor(async () => expect(await statusOf(job)).toBe("queued"));
    await vi.waitFor(() => expect(provider.asked).toEqual(["find", "submit", "find"]));
    expect(await job.get()).toMatchObject({ value: { attempts: [{ cause: "capacity" }] } });
  });

  it("cancels the run with the job", async () => {
    const provider = new ScriptedProvider();
    const { job } = await placed(provider);
    await vi.waitFor(async () => expect(await statusOf(job)).toBe("provisioning"));
    await job.cancel();
    await vi.waitFor(() => expect(provider.asked).toEqual(["find", "submit", "cancel run-1"]));
    expect(await statusOf(job)).toBe("canceled");
  });

  it("takes a webhook for no more than a reason to ask sooner", async () => {
    const provider = new ScriptedProvider();
    const { job, raw } = await placed(provider);
    await vi.waitFor(async () => expect(await statusOf(job)).toBe("provisioning"));
    const dueInMs = (): Promise<number> =>
      runInDurableObject(raw, (_instance, { storage }) => {
        const row = storage.sql.exec("SELECT timers ->> '$.poll[0]' AS due_at FROM snapshot").one();
        return Number(row["due_at"]) - Date.now();
      });
    expect(await dueInMs()).toBeGreaterThan(30_000);
    for (let hints = 0; hints < 20; hints += 1) await job.hint(1);
    await job.hint(7);
    expect(await dueInMs()).toBeLessThanOrEqual(1_000);
    expect(await statusOf(job)).toBe("provisioning");
  });
});
