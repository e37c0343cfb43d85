/**
 * The wire between AIMA and an agent. PERSISTED CONTRACT: agents of an older release keep reporting after a deploy.
 *
 * An agent registers, asks for a lease by long poll, downloads by signed URL, reports to the attempt's callback URL
 * and uploads blobs to fresh keys under the attempt's own prefix. Reports of one attempt carry `seq` from 1 upwards
 * without gaps; they may arrive repeated and in any order.
 */
import { z } from "zod";
import { NewInsight } from "./insight.ts";
import { MediaType, Metadata, Reason } from "./media.ts";
import { Operation, Step } from "./operations.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const url = z.url().max(4096);
const instant = z.iso.datetime({ offset: true });

/** `POST /agents/register` with `Authorization: Bearer <pool token>`. */
export const RegisterAgent = z.strictObject({
  agentId: z.string().regex(/^agt_[A-Za-z0-9_-]{4,60}$/),
  version: z.string().max(40),
  engines: z
    .array(z.strictObject({ name: z.string().max(40), operations: z.array(Operation) }))
    .min(1)
    .max(16),
  concurrency: z.int().min(1).max(64),
});
export type RegisterAgent = z.infer<typeof RegisterAgent>;

export const RegisterAgentReply = z.strictObject({
  leaseSeconds: z.int().min(1),
  heartbeatSeconds: z.int().min(1),
});
export type RegisterAgentReply = z.infer<typeof RegisterAgentReply>;

/** `POST /agents/lease`: answers within `waitSeconds` with a lease, or with `lease: null`. */
export const LeaseRequest = z.strictObject({
  agentId: RegisterAgent.shape.agentId,
  waitSeconds: z.int().min(0).max(25),
});
export type LeaseRequest = z.infer<typeof LeaseRequest>;

/** An uploaded blob: named by the report that commits it. */
export const BlobRef = z.strictObject({ key: z.string().max(512), sizeBytes: z.int().min(0), sha256 });
export type BlobRef = z.infer<typeof BlobRef>;

/** One attempt of one job, handed to one agent. */
export const JobLease = z.strictObject({
  jobId: z.string(),
  attempt: z.int().min(1),
  leaseSeconds: z.int().min(1),
  heartbeatSeconds: z.int().min(1),
  /** Reports go here by POST: the signed token in the path names tenant, job, attempt and expiry. */
  callbackUrl: url,
  /** Blobs go to `${blobsUrl}/${name}` by PUT; the reply is a `BlobRef`. */
  blobsUrl: url,
  input: z.strictObject({
    /** GET, single Range supported. */
    url,
    name: z.string(),
    mediaType: MediaType,
    contentType: z.string(),
    sizeBytes: z.int().min(0),
    sha256,
    metadata: Metadata,
  }),
  /** The steps still to do: a step reported before by an earlier attempt is not in it. */
  steps: z.array(Step),
  checkpoint: z.strictObject({ url, blob: BlobRef }).nullable(),
  /** The one before it, for when the newest cannot be read. */
  previousCheckpoint: z.strictObject({ url, blob: BlobRef }).nullable(),
  deadlineAt: instant,
});
export type JobLease = z.infer<typeof JobLease>;

export const LeaseReply = z.strictObject({ lease: JobLease.nullable() });
export type LeaseReply = z.infer<typeof LeaseReply>;

/** Why an attempt ended early; the cause picks what happens next. */
export const FailureCause = z.enum([
  "transient",
  "preempted",
  "lost_heartbeat",
  "out_of_memory",
  "exit_code",
  "bad_input",
  "deadline",
  "unsupported",
  /** The provider has no machine of that kind now. */
  "capacity",
  "rate_limited",
  "quota",
  "auth",
  "bad_request",
  /** The machine came up and its GPU does not work. */
  "unusable_gpu",
  "start_timeout",
  /** The provider does not know the run any more, and its result never arrived. */
  "result_lost",
  /** The job was paused while the attempt ran. */
  "paused",
]);
export type FailureCause = z.infer<typeof FailureCause>;

/** How a step ended and what it found. */
export const StepOutcome = z.strictObject({
  step: z.string(),
  status: z.enum(["succeeded", "skipped", "failed"]),
  reason: Reason.nullable(),
  /** What the step learnt about the file itself; fills what inspection left open. */
  metadata: Metadata.nullable(),
  insights: z.array(NewInsight).max(2000),
  /** A JSON array of insights too large to send inline. */
  insightsBlob: BlobRef.nullable(),
});
export type StepOutcome = z.infer<typeof StepOutcome>;

const head = { seq: z.int().min(1), at: instant };
export const Report = z.discriminatedUnion("type", [
  z.strictObject({ ...head, type: z.literal("hello"), agentId: z.string(), resumedFrom: z.string().nullable() }),
  z.strictObject({ ...head, type: z.literal("heartbeat") }),
  z.strictObject({
    ...head,
    type: z.literal("progress"),
    /** 0 to 1 over the whole job. */
    fraction: z.number().min(0).max(1),
    step: z.string().nullable(),
    /** The segment that begins, where the work is segmented. */
    segment: z.int().min(0).nullable(),
  }),
  z.strictObject({
    ...head,
    type: z.literal("checkpoint"),
    blob: BlobRef,
    fraction: z.number().min(0).max(1),
    /** Segments done so far: a resumed attempt starts with this one. */
    nextSegment: z.int().min(0),
  }),
  z.strictObject({ ...head, type: z.literal("partial"), ...StepOutcome.shape }),
  z.strictObject({ ...head, type: z.literal("succeeded") }),
  z.strictObject({ ...head, type: z.literal("failed"), cause: FailureCause, reason: Reason }),
  z.strictObject({ ...head, type: z.literal("preempted") }),
]);
export type Report = z.infer<typeof Report>;

/** `POST callbackUrl`, up to 1 MiB: one or many reports. */
export const ReportBatch = z.strictObject({ reports: z.array(Report).min(1).max(256) });
export type ReportBatch = z.infer<typeof ReportBatch>;

/**
 * 200: durable. `directive` `drain` asks the agent to stop working, to report what is done, and then `preempted`: the
 * job is paused or canceled, and waits 30 s for that. `stop`: the job has ended; nothing more is heard.
 * 409 (problem `attempt_superseded`): another attempt has taken over; the agent drops the work.
 */
export const ReportReply = z.strictObject({
  accepted: z.int().min(0),
  duplicates: z.int().min(0),
  held: z.int().min(0),
  directive: z.enum(["continue", "drain", "stop"]),
});
export type ReportReply = z.infer<typeof ReportReply>;
