/** Where a job's outbox rows go. Throws when a row did not arrive. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { BlobRef } from "../../shared/contracts/agent.ts";
import { NewInsight } from "../../shared/contracts/insight.ts";
import { Metadata, Reason } from "../../shared/contracts/media.ts";
import { PlaceMessage } from "../../shared/contracts/queues.ts";
import { mediaAsset, tenantObject } from "../addresses.ts";
import type { OutboxRow } from "../runtime/outbox.ts";

const address = { tenant: z.string(), assetId: z.string(), jobId: z.string() };

/** What a job tells its asset. PERSISTED CONTRACT: rows wait in the outbox across a deploy. */
export const ToAsset = z.discriminatedUnion("type", [
  z.strictObject({
    ...address,
    type: z.literal("step"),
    step: z.string(),
    status: z.enum(["succeeded", "skipped", "failed"]),
    reason: Reason.nullable(),
    metadata: Metadata.nullable(),
    insights: z.array(NewInsight),
    insightsBlob: BlobRef.nullable(),
  }),
  z.strictObject({ ...address, type: z.literal("progress"), fraction: z.number() }),
  z.strictObject({ ...address, type: z.literal("job-end"), failure: Reason.nullable() }),
]);
export type ToAsset = z.infer<typeof ToAsset>;

const Settlement = z.strictObject({
  tenant: z.string(),
  jobId: z.string(),
  assetId: z.string(),
  attempts: z.array(z.strictObject({ number: z.int(), startedAtMs: z.int(), endedAtMs: z.int() })),
  computeMs: z.int().min(0),
});

/** `traceparent`: of the request that led to the job. */
export async function deliverJob(env: Env, row: OutboxRow, traceparent: string | null): Promise<void> {
  switch (row.target) {
    case "queue:place":
      await env.PLACE_QUEUE.send(PlaceMessage.parse(row.body));
      return;
    case "object:media-asset":
      await tellAsset(env, ToAsset.parse(row.body), traceparent);
      return;
    case "object:tenant": {
      const { tenant, ...settlement } = Settlement.parse(row.body);
      await tenantObject(env, tenant).settle(settlement);
      return;
    }
    default:
      throw new Error(`Unknown target ${row.target}`);
  }
}

/** A refusal (the asset is deleted) is an arrival: there is nobody left to tell. */
async function tellAsset(env: Env, message: ToAsset, traceparent: string | null): Promise<void> {
  const asset = mediaAsset(env, message.tenant, message.assetId);
  if (message.type === "job-end") {
    await asset.recordJobEnd(message.jobId, message.failure, traceparent);
    return;
  }
  if (message.type === "progress") {
    await asset.recordProgress(message.jobId, message.fraction);
    return;
  }
  const { jobId, step, status, reason, metadata } = message;
  if (message.insightsBlob === null) {
    await asset.recordStep({ jobId, step, status, reason, metadata, insights: message.insights }, traceparent);
    return;
  }
  const insights = await readInsights(env.MEDIA, message.insightsBlob);
  if (insights === null) {
    const failure = { code: "result_unreadable", detail: "The reported result is missing or damaged." };
    await asset.recordStep({ jobId, step, status: "failed", reason: failure, metadata, insights: [] }, traceparent);
    return;
  }
  await asset.recordStep({ jobId, step, status, reason, metadata, insights }, traceparent);
}

/** Null when the blob is not what the report promised: sending it again would not help. */
async function readInsights(bucket: R2Bucket, blob: BlobRef): Promise<NewInsight[] | null> {
  const object = await bucket.get(blob.key);
  if (object === null) return null;
  const bytes = new Uint8Array(await object.arrayBuffer());
  if (createHash("sha256").update(bytes).digest("hex") !== blob.sha256) return null;
  try {
    const parsed = z.array(NewInsight).safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null; // Not JSON: as damaged as a wrong checksum.
  }
}
