import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { EXAMPLE_JOB } from "./example-job.ts";
import { JobBody, JobParams, Nothing } from "../../schemas.ts";

export const getJob = defineRoute({
  method: "get",
  path: "/v1/jobs/{jobId}",
  operationId: "getJob",
  summary: "Read a job",
  description: "Status, attempts and the last checkpoint of the job that analyses an asset (`jobId` of the asset).",
  tag: "jobs",
  permission: "jobs:read",
  params: JobParams,
  query: Nothing,
  body: null,
  responses: { 200: { description: "The job", schema: JobBody, example: EXAMPLE_JOB } },
  problems: [],
  handle: async ({ c, deps, params, tenant }) => {
    const job = await deps.jobs(tenant, params.jobId).get();
    return job.ok ? c.json(job.value) : refused(c, job.error);
  },
});
