import { describe, expect, it } from "vitest";
import type { JobView } from "../../../../shared/contracts/job.ts";
import { ok, refuse } from "../../../../shared/core/result.ts";
import { makeWorld } from "../../fakes/world.ts";

const JOB: JobView = {
  id: "job_01M85NKE69R9GQ0M0N80TYMAWC",
  assetId: "ast_01M85NKE4DP0RP9DAQ2HN40J9C",
  status: "running",
  reason: null,
  priority: 50,
  progress: 0.5,
  attempts: [],
  checkpoint: { nextSegment: 3, sizeBytes: 10, engine: "0.1.0", committedAt: "2026-01-01T00:00:00.000Z" },
  steps: { done: 1, total: 2 },
  seq: 4,
  createdAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
};
const notFound = refuse({ code: "not_found" as const, detail: "There is no such job." });

const conflict = refuse({ code: "job_not_in_state" as const, detail: "A job that is succeeded cannot be paused." });

/** A job of tenant one that does what it is asked, or refuses all of it; `asked` is what it was asked. */
function world({ ended = false } = {}) {
  const asked: string[] = [];
  const made = makeWorld({
    jobs: (tenant, jobId) => {
      const mine = tenant === "ten_one1" && jobId === JOB.id;
      const act = async (what: string) => {
        if (!mine) return notFound;
        asked.push(what);
        return ended ? conflict : ok(null);
      };
      return {
        get: async () => (mine ? ok(JOB) : notFound),
        events: async () => (mine ? ok({ events: [] }) : notFound),
        confirm: () => act("confirm"),
        pause: () => act("pause"),
        resume: () => act("resume"),
        cancel: () => act("cancel"),
        changePriority: (priority) => act(`priority ${priority}`),
      };
    },
  });
  return { ...made, asked };
}

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

describe("POST /v1/jobs/{jobId}/confirm, pause, resume, cancel and PUT priority", () => {
  const OPERATIONS = ["confirm", "pause", "resume", "cancel"] as const;
  const priority = (value: unknown) => ({
    method: "PUT",
    body: JSON.stringify({ priority: value }),
    headers: { "content-type": "application/json" },
  });

  it("accepts: does what it is asked and answers with the job", async () => {
    const { call, asked } = world();
    for (const name of OPERATIONS) {
      const response = await call(`/v1/jobs/${JOB.id}/${name}`, { method: "POST" });
      expect([response.status, await response.json()]).toEqual([200, JOB]);
    }
    expect(await (await call(`/v1/jobs/${JOB.id}/priority`, priority(90))).json()).toEqual(JOB);
    expect(asked).toEqual([...OPERATIONS, "priority 90"]);
  });

  it("refuses: a job in no state for it, an unknown job, a priority out of range", async () => {
    const { call } = world({ ended: true });
    const refused = await call(`/v1/jobs/${JOB.id}/pause`, { method: "POST" });
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: "job_not_in_state" }]);
    expect((await call(`/v1/jobs/${JOB.id}/priority`, priority(10))).status).toBe(409);
    expect((await call("/v1/jobs/job_00000000000000000000000000/cancel", { method: "POST" })).status).toBe(404);
    expect((await call(`/v1/jobs/${JOB.id}/priority`, priority(101))).status).toBe(422);
    expect((await call(`/v1/jobs/${JOB.id}/priority`, priority("high"))).status).toBe(422);
  });

  it("who may: nobody without a key, nobody of another tenant", async () => {
    const { call, asked } = world();
    for (const name of OPERATIONS) {
      expect((await call(`/v1/jobs/${JOB.id}/${name}`, { method: "POST", key: null })).status).toBe(401);
      expect((await call(`/v1/jobs/${JOB.id}/${name}`, { method: "POST", key: "key-of-two" })).status).toBe(404);
    }
    expect((await call(`/v1/jobs/${JOB.id}/priority`, { ...priority(1), key: "key-of-two" })).status).toBe(404);
    expect(asked).toEqual([]);
  });
});
