/** Jobs of two steps, and what an agent reports of them. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Report } from "../../../shared/contracts/agent.ts";
import type { NewInsight } from "../../../shared/contracts/insight.ts";
import type { Metadata } from "../../../shared/contracts/media.ts";
import { gpuJob } from "../../addresses.ts";
import { moveTimers } from "../../runtime/testing/timers.ts";

export const at = "2026-01-01T00:00:00.000Z";
export const TENANT = "ten_jobs1";
export const ASSET = "ast_00000000000000000000000009";
let counter = 0;

export const step = (id: "shots" | "loudness") => ({ id, operation: id, parameters: {} });
const SPEC = {
  tenant: TENANT,
  assetId: ASSET,
  pipeline: "standard@1",
  steps: [step("shots"), step("loudness")],
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

export async function submitted(more: object = {}) {
  counter += 1;
  const jobId = `job_9${String(counter).padStart(25, "0")}`;
  const raw = env.GPU_JOB.get(env.GPU_JOB.idFromName(`${TENANT}/${jobId}`));
  const job = gpuJob(env, TENANT, jobId);
  await job.submit(jobId, { ...SPEC, ...more });
  return { jobId, job, raw };
}

export const hello: Report = { seq: 1, at, type: "hello", agentId: "agt_1", resumedFrom: null };
export const heartbeat = (seq: number): Report => ({ seq, at, type: "heartbeat" });
export const partial = (
  seq: number,
  id: string,
  insights: NewInsight[] = [],
  metadata: Metadata | null = null,
): Report => ({
  seq,
  at,
  type: "partial",
  step: id,
  status: "succeeded",
  reason: null,
  metadata,
  insights,
  insightsBlob: null,
});
export type Raw = Awaited<ReturnType<typeof submitted>>["raw"];

/** Lets that much time pass for the object, and its alarm go off. */
export async function later(raw: Raw, ms: number): Promise<void> {
  await runInDurableObject(raw, (_instance, { storage }) => {
    moveTimers(storage.sql, ms);
    storage.sql.exec("UPDATE outbox SET next_at = next_at - ?", ms);
    storage.sql.exec(
      "UPDATE snapshot SET aside = json_set(aside, '$.lastHeardAtMs', json_extract(aside, '$.lastHeardAtMs') - ?) WHERE aside IS NOT NULL",
      ms,
    );
    storage.sql.exec(
      "UPDATE snapshot SET state = json_set(state, '$.attempts[0].startedAtMs', json_extract(state, '$.attempts[0].startedAtMs') - ?) WHERE json_extract(state, '$.attempts[0].startedAtMs') IS NOT NULL",
      ms,
    );
  });
  await evictDurableObject(raw);
  await runInDurableObject(raw, (_instance, { storage }) => storage.setAlarm(Date.now() + 3_600_000));
  await runDurableObjectAlarm(raw);
}

export const statusOf = async (job: ReturnType<typeof gpuJob>): Promise<string> => {
  const view = await job.get();
  return view.ok ? view.value.status : view.error.code;
};
