/**
 * What the owner of a job may ask of it. All are idempotent: asking again for what is so answers with the job. Repeated
 * under the same key, they answer what they answered first, and do not wait.
 */
import type { Context } from "hono";
import { z } from "zod";
import type { JobRpc } from "../../../../shared/contracts/objects.ts";
import type { Once, Repeatable } from "../../../../shared/contracts/once.ts";
import { JobPriority, type JobView } from "../../../../shared/contracts/job.ts";
import type { ApiEnv } from "../../deps.ts";
import { ETAG_HEADER, IF_MATCH_HEADER, readIfMatch, versionTag } from "../../entity-tag.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { PREFER_HEADER, PREFERENCE_APPLIED_HEADER, preferredWaitMs } from "../../prefer-wait.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { JobBody, JobParams, Nothing } from "../../schemas.ts";
import { until } from "../../until.ts";
import { EXAMPLE_JOB } from "./example-job.ts";
import { hasEnded } from "./has-ended.ts";

type Operation = {
  readonly name: "confirm" | "pause" | "resume" | "cancel";
  readonly summary: string;
  readonly description: string;
  /** What the example has after it. */
  readonly status: JobView["status"];
  readonly act: (job: JobRpc, once: Once | null) => Repeatable<JobView>;
  /** What `Prefer: wait` waits for; left out where what is asked for is so at once. */
  readonly isSo?: (job: JobView) => boolean;
};

/** A job with the tag of its newest event. */
const tagged = (c: Context<ApiEnv>, job: JobView): Response => c.json(job, 200, { etag: versionTag(job.seq) });

const KEY =
  " Repeated under the same `Idempotency-Key`, it answers what it answered first, byte by byte (of a job over 8 KiB: as it is by then), and changes nothing.";

const operation = ({ name, summary, description, status, act, isSo }: Operation) =>
  defineRoute({
    method: "post",
    path: `/v1/jobs/{jobId}/${name}`,
    operationId: `${name}Job`,
    summary,
    description: description + KEY,
    tag: "jobs",
    permission: "jobs:operate",
    params: JobParams,
    query: Nothing,
    body: null,
    ...(isSo === undefined ? {} : { headers: PREFER_HEADER }),
    responses: {
      200: {
        description: "The job after that",
        schema: JobBody,
        example: { ...EXAMPLE_JOB, status },
        headers: { ...ETAG_HEADER, ...REPLAYED_HEADER, ...(isSo === undefined ? {} : PREFERENCE_APPLIED_HEADER) },
      },
    },
    problems: ["job_not_in_state"],
    handle: async ({ c, deps, params, tenant, once }) => {
      const job = deps.jobs(tenant, params.jobId);
      const done = await act(job, once);
      markReplayed(c, done);
      if (!done.ok) return refused(c, done.error);
      if (isSo === undefined || done.replayed === true) return tagged(c, done.value);
      const view = await until(job, done.value, isSo, { waitMs: preferredWaitMs(c), now: deps.now });
      return view.ok ? tagged(c, view.value) : refused(c, view.error);
    },
  });

export const confirmJob = operation({
  name: "confirm",
  summary: "Confirm a job",
  description: "Lets a job go that waits for a word of its owner (`awaiting_confirmation`).",
  status: "queued",
  act: (job, once) => job.confirm(once),
});

export const pauseJob = operation({
  name: "pause",
  summary: "Pause a job",
  description:
    "The attempt under way has 30 s to hand over what it has; then the job is `paused` until it is resumed. A job that nobody resumes expires after 7 days.",
  status: "paused",
  act: (job, once) => job.pause(once),
  isSo: (job) => job.status === "paused" || hasEnded(job),
});

export const resumeJob = operation({
  name: "resume",
  summary: "Resume a paused job",
  description: "A new attempt continues from the last checkpoint; steps that have been reported are not done again.",
  status: "queued",
  act: (job, once) => job.resume(once),
});

export const cancelJob = operation({
  name: "cancel",
  summary: "Cancel a job",
  description:
    "The attempt under way has 30 s to hand over what it has (`canceling`); then the job is `canceled`. Steps reported by then keep their findings. A job that has ended stays as it is.",
  status: "canceling",
  act: (job, once) => job.cancel(once),
  isSo: hasEnded,
});

const Body = z.strictObject({ priority: JobPriority.describe("0 is served last, 100 first") });

export const setJobPriority = defineRoute({
  method: "put",
  path: "/v1/jobs/{jobId}/priority",
  operationId: "setJobPriority",
  summary: "Change a job's priority",
  description:
    "Takes effect on waiting jobs at once; an attempt under way goes on. With `If-Match` it changes only while nothing else has happened to the job.",
  tag: "jobs",
  permission: "jobs:operate",
  params: JobParams,
  query: Nothing,
  body: Body,
  bodyExample: { priority: 90 },
  responses: {
    200: {
      description: "The job after that",
      schema: JobBody,
      example: { ...EXAMPLE_JOB, priority: 90 },
      headers: ETAG_HEADER,
    },
  },
  headers: IF_MATCH_HEADER,
  problems: ["job_not_in_state", "precondition_failed"],
  handle: async ({ c, deps, params, body, tenant }) => {
    const ifSeq = readIfMatch(c);
    if (!ifSeq.ok) return ifSeq.error;
    const done = await deps.jobs(tenant, params.jobId).changePriority(body.priority, ifSeq.value);
    return done.ok ? tagged(c, done.value) : refused(c, done.error);
  },
});
