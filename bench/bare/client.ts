import { type JobClient, expectStatus } from "../job-client.ts";

/** Speaks to `worker.ts`. */
export const bareClient: JobClient = {
  create: async (connection, job) => {
    expectStatus(await connection.send("POST", `/jobs/${job.id}/create`, ""), 200, "create");
  },
  claim: async (connection, job) => {
    expectStatus(await connection.send("POST", `/jobs/${job.id}/claim`, ""), 200, "claim");
  },
  report: async (connection, job, reports) => {
    const body = JSON.stringify(reports);
    expectStatus(await connection.send("POST", `/jobs/${job.id}/reports`, "", body), 200, "report");
  },
  complete: async (connection, job) => {
    expectStatus(await connection.send("POST", `/jobs/${job.id}/complete`, ""), 200, "complete");
  },
  isDone: async (connection, job) => {
    const body = expectStatus(await connection.send("GET", `/jobs/${job.id}/state`, ""), 200, "get");
    return (JSON.parse(body) as { status: string }).status === "succeeded";
  },
  values: async (connection, job) => {
    const body = expectStatus(await connection.send("GET", `/jobs/${job.id}/values`, ""), 200, "values");
    return (JSON.parse(body) as { value: number }[]).map(({ value }) => value);
  },
};
