/** What the owner of a job may ask of it. All are idempotent: asking again for what is so answers with the job. */
import { z } from "zod";
import type { JobRpc, Refusable } from "../../../../shared/contracts/objects.ts";
import { JobPriority, type JobView } from "../../../../shared/contracts/job.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { JobBody, JobParams, Nothing } from "../../schemas.ts";
import { EXAMPLE_JOB } from "./example-job.ts";

type Operation = {
  readonly name: "confirm" | "pause" | "resume" | "cancel";
  readonly summary: string;
  readonly description: string;
  /** What the example has after it. */
  readonly status: JobView["status"];
  readonly act: (job: JobRpc) => Refusable<null>;
};

const operation = ({ name, summary, description, status, act }: Operation) =>
  defineRoute({
    method: "post",
    path: `/v1/jobs/{jobId}/${name}`,
    operationId: `${name}Job`,
    summary,
    description,
    tag: "jobs",
    permission: "jobs:operate",
    params: JobParams,
    query: Nothing,
    body: null,
    responses: {
      200: { description: "The job after that", schema: JobBody, example: { ...EXAMPLE_JOB, status } },
    },
    problems: ["job_not_in_state"],
    handle: async ({ c, deps, params, tenant }) => {
      const job = deps.jobs(tenant, params.jobId);
      const done = await act(job);
      if (!done.ok) return refused(c, done.error);
      const view = await job.get();
      return view.ok ? c.json(view.value) : refused(c, view.error);
    },
  });

export const confirmJob = operation({
  name: "confirm",
  summary: "Confirm a job",
  description: "Lets a job go that waits for a word of its owner (`awaiting_confirmation`).",
  status: "queued",
  act: (job) => job.confirm(),
});

export const pauseJob = operation({
  name: "pause",
  summary: "Pause a job",
  description:
    "The attempt under way has 30 s to hand over what it has; then the job is `paused` until it is resumed. A job that nobody resumes expires after 7 days.",
  status: "paused",
  act: (job) => job.pause(),
});

export const resumeJob = operation({
  name: "resume",
  summary: "Resume a paused job",
  description: "A new attempt continues from the last checkpoint; steps that have been reported are not done again.",
  status: "queued",
  act: (job) => job.resume(),
});

export const cancelJob = operation({
  name: "cancel",
  summary: "Cancel a job",
  description:
    "The attempt under way has 30 s to hand over what it has (`canceling`); then the job is `canceled`. Steps reported by then keep their findings. A job that has ended stays as it is.",
  status: "canceling",
  act: (job) => job.cancel(),
});

const Body = z.strictObject({ priority: JobPriority.describe("0 is served last, 100 first") });

export const setJobPriority = defineRoute({
  method: "put",
  path: "/v1/jobs/{jobId}/priority",
  operationId: "setJobPriority",
  summary: "Change a job's priority",
  description: "Takes effect on waiting jobs at once; an attempt under way goes on.",
  tag: "jobs",
  permission: "jobs:operate",
  params: JobParams,
  query: Nothing,
  body: Body,
  bodyExample: { priority: 90 },
  responses: {
    200: { description: "The job after that", schema: JobBody, example: { ...EXAMPLE_JOB, priority: 90 } },
  },
  problems: ["job_not_in_state"],
  handle: async ({ c, deps, params, body, tenant }) => {
    const job = deps.jobs(tenant, params.jobId);
    const done = await job.changePriority(body.priority);
    if (!done.ok) return refused(c, done.error);
    const view = await job.get();
    return view.ok ? c.json(view.value) : refused(c, view.error);
  },
});
