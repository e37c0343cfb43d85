import { describe, expect, it } from "vitest";
import type { JobView } from "../../../../shared/contracts/job.ts";
import type { JobRpc } from "../../../../shared/contracts/objects.ts";
import type { Once } from "../../../../shared/contracts/once.ts";
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

/**
 * A job of tenant one that does what it is asked, or refuses all of it; `asked` is what it was asked. With `events` it ends
 * with the last of so many, each of which comes when somebody waits for one.
 */
function world({ ended = false, events = 0, replays = false } = {}) {
  const asked: string[] = [];
  const waits: number[] = [];
  const view = (): JobView =>
    events > 0 && waits.length >= events
      ? { ...JOB, seq: JOB.seq + events, status: "canceled", finishedAt: "2026-01-01T00:01:00.000Z" }
      : { ...JOB, seq: JOB.seq + waits.length };
  const made = makeWorld({
    jobs: (tenant, jobId) => {
      const mine = tenant === "ten_one1" && jobId === JOB.id;
      const act = async (what: string) => {
        if (!mine) return notFound;
        asked.push(what);
        if (ended) return conflict;
        return replays ? { ...ok(JOB), replayed: true as const } : ok(JOB);
      };
      const keyed =
        (name: string) =>
        (once: Once | null = null) =>
          act(once === null ? name : `${name} ${once.key.split(":")[0]}`);
      return {
        get: async () => (mine ? ok(view()) : notFound),
        events: async ({ waitMs = 0 }) => {
          if (waitMs > 0) waits.push(waitMs);
          return mine ? ok({ events: [] }) : notFound;
        },
        confirm: keyed("confirm"),
        pause: keyed("pause"),
        resume: keyed("resume"),
        cancel: keyed("cancel"),
        changePriority: (priority, ifSeq = null) => act(`priority ${priority}${ifSeq === null ? "" : ` at ${ifSeq}`}`),
      };
    },
  });
  return { ...made, asked, waits };
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

describe("Prefer: wait on a job", () => {
  it("is answered when the job has ended, and says so", async () => {
    const { call, waits } = world({ events: 3 });
    const answer = await call(`/v1/jobs/${JOB.id}`, { headers: { prefer: "wait=25" } });
    expect(await answer.json()).toMatchObject({ status: "canceled", seq: 7 });
    expect(answer.headers.get("preference-applied")).toBe("wait=25");
    expect(waits).toEqual([10_000, 10_000, 10_000]);
  });

  it("is answered with the job as it is when the time is up", async () => {
    let nowMs = 0;
    const jobs = {
      get: async () => ok(JOB),
      events: async ({ waitMs = 0 }: { waitMs?: number }) => {
        nowMs += waitMs;
        return ok({ events: [] });
      },
    };
    // SAFETY: reading asks for no more of a job than this.
    const { call } = makeWorld({ jobs: () => jobs as unknown as JobRpc, now: () => nowMs });
    const answer = await call(`/v1/jobs/${JOB.id}`, { headers: { prefer: "wait=25" } });
    expect([answer.status, await answer.json(), nowMs]).toEqual([200, JOB, 25_000]);
  });

  it("waits for what cancel and pause are to come to, and for nothing where that is so at once", async () => {
    for (const [name, waited] of [
      ["cancel", 2],
      ["pause", 2],
      ["resume", 0],
      ["confirm", 0],
    ] as const) {
      const { call, waits } = world({ events: 2 });
      const answer = await call(`/v1/jobs/${JOB.id}/${name}`, { method: "POST", headers: { prefer: "wait=5" } });
      expect([answer.status, waits.length], name).toEqual([200, waited]);
      expect(answer.headers.get("preference-applied"), name).toBe(waited === 0 ? null : "wait=5");
    }
  });

  it("of events stays open as long as asked for, at most 30 s", async () => {
    const { call, waits } = world();
    expect((await call(`/v1/jobs/${JOB.id}/events?waitSeconds=30`)).status).toBe(200);
    expect((await call(`/v1/jobs/${JOB.id}/events?waitSeconds=31`)).status).toBe(422);
    expect(waits).toEqual([30_000]);
  });
});

describe("an operation on a job under an Idempotency-Key", () => {
  it("hands the key to the job, and marks a repetition, which does not wait", async () => {
    for (const name of ["confirm", "pause", "resume", "cancel"]) {
      const first = world();
      const keyed = { method: "POST", headers: { "idempotency-key": "one" } };
      const answer = await first.call(`/v1/jobs/${JOB.id}/${name}`, keyed);
      expect([answer.status, answer.headers.get("idempotent-replayed")]).toEqual([200, null]);
      expect(first.asked).toEqual([`${name} ${name}Job`]);
      const again = world({ replays: true, events: 1 });
      const repeated = await again.call(`/v1/jobs/${JOB.id}/${name}`, {
        ...keyed,
        headers: { ...keyed.headers, prefer: "wait=5" },
      });
      expect(repeated.headers.get("idempotent-replayed")).toBe("true");
      expect([await repeated.json(), again.waits]).toEqual([JOB, []]);
    }
  });
});

describe("the version of a job", () => {
  it("is named by its tag, and is not sent again to who has it", async () => {
    const { call } = world();
    const answer = await call(`/v1/jobs/${JOB.id}`);
    expect([answer.status, answer.headers.get("etag")]).toEqual([200, '"v4"']);
    const known = await call(`/v1/jobs/${JOB.id}`, { headers: { "if-none-match": '"v4"' } });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    expect((await call(`/v1/jobs/${JOB.id}`, { headers: { "if-none-match": '"v3"' } })).status).toBe(200);
    const paused = await call(`/v1/jobs/${JOB.id}/pause`, { method: "POST" });
    expect(paused.headers.get("etag")).toBe('"v4"');
  });

  it("is what a priority is given for, when the client says so", async () => {
    const { call, asked } = world();
    const put = (tag: string) =>
      call(`/v1/jobs/${JOB.id}/priority`, {
        method: "PUT",
        body: '{"priority":7}',
        headers: { "content-type": "application/json", "if-match": tag },
      });
    expect((await put('"v4"')).headers.get("etag")).toBe('"v4"');
    expect((await put("*")).status).toBe(200);
    expect((await put('W/"v4"')).status).toBe(412);
    expect(asked).toEqual(["priority 7 at 4", "priority 7"]);
  });
});
