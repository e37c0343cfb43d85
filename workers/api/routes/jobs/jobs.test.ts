import { describe, expect, it } from "vitest";
import type { JobView } from "../../../../shared/contracts/job.ts";
import { ok, refuse } from "../../../../shared/core/result.ts";
import { makeWorld } from "../../fakes/world.ts";

const JOB: JobView = {
  id: "job_01M85NKE69R9GQ0M0N80TYMAWC",
  assetId: "ast_01M85NKE4DP0RP9DAQ2HN40J9C",
  status: "running",
  reason: null,
  progress: 0.5,
  attempts: [],
  checkpoint: { nextSegment: 3, sizeBytes: 10 },
  seq: 4,
  createdAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
};
const notFound = refuse({ code: "not_found" as const, detail: "There is no such job." });

const world = () =>
  makeWorld({
    jobs: (tenant, jobId) => {
      const mine = tenant === "ten_one1" && jobId === JOB.id;
      return {
        get: async () => (mine ? ok(JOB) : notFound),
        events: async () => (mine ? ok({ events: [] }) : notFound),
      };
    },
  });

describe("GET /v1/jobs/{jobId}", () => {
  it("accepts: answers with the job and with its events", async () => {
    const { call } = world();
    expect(await (await call(`/v1/jobs/${JOB.id}`)).json()).toEqual(JOB);
    expect(await (await call(`/v1/jobs/${JOB.id}/events?after=4`)).json()).toEqual({ events: [], after: 4 });
  });

  it("refuses: an id that is no job's, an unknown job, an unknown parameter", async () => {
    const { call } = world();
    expect((await call("/v1/jobs/nonsense")).status).toBe(404);
    expect((await call("/v1/jobs/job_00000000000000000000000000")).status).toBe(404);
    expect((await call(`/v1/jobs/${JOB.id}/events?limit=0`)).status).toBe(422);
  });

  it("who may: nobody without a key, nobody of another tenant", async () => {
    const { call } = world();
    expect((await call(`/v1/jobs/${JOB.id}`, { key: null })).status).toBe(401);
    expect((await call(`/v1/jobs/${JOB.id}`, { key: "key-of-two" })).status).toBe(404);
    expect((await call(`/v1/jobs/${JOB.id}/events`, { key: "key-of-two" })).status).toBe(404);
  });
});
