/** One trace from the request that completes an upload to the reports of the attempt that analyses it. */
import "@hono/zod-openapi"; // First, as in the Worker: it teaches zod `.openapi`.
import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { gpuJob } from "../durable-objects/addresses.ts";
import { freshAssets, inspection, SHA } from "../durable-objects/media-asset/testing/assets.ts";
import type { CreateAsset } from "../shared/contracts/asset.ts";
import type { JobLease } from "../shared/contracts/agent.ts";
import { InspectMessage } from "../shared/contracts/queues.ts";
import { handleFetch } from "./fetch.ts";
import { placeJob } from "./queues/place-job.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const AGENT = "agt_trace";
const fresh = freshAssets(77);

afterEach(() => {
  vi.restoreAllMocks();
});

function watchLog(): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  return lines;
}

const agents = (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  handleFetch(
    new Request(path.startsWith("http") ? path : `https://aima.test${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${env.AGENT_TOKEN}`, ...headers },
      body: JSON.stringify(body),
    }),
    env,
    createExecutionContext(),
  );

/** An asset that is inspected, and whose job waits for an agent; what its message to the inspector said. */
async function inspected(traceparent: string | null, body: Partial<CreateAsset> = {}) {
  const made = fresh();
  const { asset, assetId, raw } = made;
  await asset.create({ tenant: "ten_test", assetId, body: { name: "a.png", ...body } });
  const grant = await asset.beginUpload();
  if (!grant.ok) throw new Error(grant.error.code);
  await env.MEDIA.put(grant.value.key, "abc");
  await asset.finishUpload(grant.value.upload, { sizeBytes: 3, sha256: SHA });
  await asset.complete({}, null, traceparent);
  const message = await runInDurableObject(raw, (_instance, { storage: { sql } }) =>
    InspectMessage.parse(
      JSON.parse(sql.exec<{ body: string }>("SELECT body FROM outbox WHERE target = 'queue:inspect'").one().body),
    ),
  );
  await asset.recordInspection(inspection, message.traceparent);
  const view = await asset.get();
  if (!view.ok || view.value.jobId === null) throw new Error("There is no job.");
  const { jobId } = view.value;
  await vi.waitFor(async () => expect(await gpuJob(env, "ten_test", jobId).get()).toMatchObject({ ok: true }));
  return { ...made, jobId, message };
}

async function leaseOf(jobId: string): Promise<{ lease: JobLease; headers: Headers }> {
  await agents("/agents/register", {
    agentId: AGENT,
    version: "1",
    engines: [{ name: "cpu", operations: ["ocr"] }],
    concurrency: 1,
  });
  for (;;) {
    const answer = await agents("/agents/lease", { agentId: AGENT, waitSeconds: 5 });
    const { lease } = (await answer.json()) as { lease: JobLease | null };
    if (lease === null) throw new Error("Nobody offered the job.");
    if (lease.jobId === jobId) return { lease, headers: answer.headers };
  }
}

it("leads through messages, job, lease and reports, in the log and in the answers", async () => {
  const lines = watchLog();
  const { jobId, message } = await inspected(TRACEPARENT);
  expect(message.traceparent).toBe(TRACEPARENT);
  await placeJob({ tenant: "ten_test", jobId, priority: 50, traceparent: TRACEPARENT }, env);
  const { lease, headers } = await leaseOf(jobId);
  expect(headers.get("traceparent")).toBe(TRACEPARENT);
  const at = "2026-01-01T00:00:00.000Z";
  const reported = await agents(lease.callbackUrl, {
    reports: [
      { seq: 1, at, type: "hello", agentId: AGENT, resumedFrom: null },
      { seq: 2, at, type: "heartbeat" },
    ],
  });
  expect(reported.status).toBe(200);
  expect(reported.headers.get("traceparent")).toMatch(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
  await agents(lease.callbackUrl, { reports: [{ seq: 3, at, type: "heartbeat" }] });
  const told = lines.filter((line) => line["jobId"] === jobId);
  expect(new Set(told.map((line) => line["traceId"]))).toEqual(new Set([TRACE]));
  expect(new Set(told.map(({ event }) => event))).toEqual(new Set(["job_offered", "job_leased", "attempt_reported"]));
  // A beat of the attempt has no line.
  expect(told.filter(({ event }) => event === "attempt_reported")).toHaveLength(1);
});

it("costs a job one event, and its reports none", async () => {
  const job = gpuJob(env, "ten_test", (await inspected(TRACEPARENT)).jobId);
  await job.startAttempt(AGENT, "1");
  await job.takeReports(1, [
    { seq: 1, at: "2026-01-01T00:00:00.000Z", type: "hello", agentId: AGENT, resumedFrom: null },
    { seq: 2, at: "2026-01-01T00:00:00.000Z", type: "progress", fraction: 0.1, step: "ocr", segment: 0 },
  ]);
  const read = await job.events({ after: 0, limit: 100 });
  if (!read.ok) throw new Error(read.error.code);
  const named = read.value.events.filter((event) => JSON.stringify(event).includes(TRACE));
  expect([named.map(({ type }) => type), read.value.events.length > 3]).toEqual([["JobSubmitted"], true]);
});

it("goes on to the job that is planned when another has ended", async () => {
  const step = (id: string, operation: "ocr" | "keywords", dependsOn: string[]) => ({
    id,
    operation,
    dependsOn,
    parameters: {},
    lane: "main",
    required: false,
  });
  const steps = [step("ocr", "ocr", []), step("words", "keywords", ["ocr"])];
  const { asset, jobId } = await inspected(null, { pipeline: { name: "read", steps } });
  expect(await gpuJob(env, "ten_test", jobId).startAttempt(AGENT, "1")).toMatchObject({ value: { traceparent: null } });
  const found = { metadata: null, insights: [], reason: null };
  await asset.recordStep({ jobId, step: "ocr", status: "succeeded", ...found });
  await asset.recordJobEnd(jobId, null, TRACEPARENT);
  const view = await asset.get();
  if (!view.ok || view.value.jobId === null) throw new Error("There is no job.");
  expect(view.value.jobId).not.toBe(jobId);
  const next = gpuJob(env, "ten_test", view.value.jobId);
  await vi.waitFor(async () => expect(await next.get()).toMatchObject({ ok: true }));
  expect(await next.startAttempt(AGENT, "1")).toMatchObject({ value: { traceparent: TRACEPARENT } });
});

it.each(["nonsense", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, `ff-${TRACE}-00f067aa0ba902b7-01`])(
  "begins anew for %s, whatever else of the request is wrong",
  async (traceparent) => {
    const answer = await agents("/agents/lease", {}, { traceparent, authorization: "Bearer none" });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("traceparent")).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/);
    expect(answer.headers.get("traceparent")).not.toContain(TRACE);
  },
);

it("is passed over where a message carries one that is malformed", () => {
  const message = { tenant: "ten_0001", assetId: `ast_${"0".repeat(26)}`, key: "k", name: "a", sizeBytes: 1 };
  expect(InspectMessage.parse({ ...message, traceparent: "nonsense" }).traceparent).toBeUndefined();
});
