import { ETAG_HEADER, IF_NONE_MATCH_HEADER, versioned } from "../../entity-tag.ts";
import { PREFER_HEADER, PREFERENCE_APPLIED_HEADER, preferredWaitMs } from "../../prefer-wait.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { EXAMPLE_JOB } from "./example-job.ts";
import { JobBody, JobParams, Nothing } from "../../schemas.ts";
import { until } from "../../until.ts";
import { hasEnded } from "./has-ended.ts";

export const getJob = defineRoute({
  method: "get",
  path: "/v1/jobs/{jobId}",
  operationId: "getJob",
  summary: "Read a job",
  description:
    "Status, attempts and the last checkpoint of the job that analyses an asset (`jobId` of the asset). With `Prefer: wait` it is answered when the job has ended.",
  tag: "jobs",
  permission: "jobs:read",
  params: JobParams,
  query: Nothing,
  body: null,
  headers: { ...IF_NONE_MATCH_HEADER, ...PREFER_HEADER },
  responses: {
    200: {
      description: "The job",
      schema: JobBody,
      example: EXAMPLE_JOB,
      headers: { ...ETAG_HEADER, ...PREFERENCE_APPLIED_HEADER },
    },
    304: { description: "Nothing has happened to the job" },
  },
  problems: [],
  handle: async ({ c, deps, params, tenant }) => {
    const job = deps.jobs(tenant, params.jobId);
    const first = await job.get();
    if (!first.ok) return refused(c, first.error);
    const found = await until(job, first.value, hasEnded, { waitMs: preferredWaitMs(c), now: deps.now });
    return found.ok ? versioned(c, found.value.seq, found.value) : refused(c, found.error);
  },
});
