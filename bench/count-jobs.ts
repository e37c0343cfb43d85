/** Takes jobs and assets through AIMA the way clients, queues and agents do, and counts what the platform would bill. */
import { z } from "zod";
import { wavOf } from "../local/samples/wav.ts";
import { BENCH_AGENT } from "./aima/spec.ts";
import { type Bill, billOf } from "./bill.ts";
import type { Connection } from "./connection.ts";
import { difference, readCounts, settle } from "./counting.ts";
import type { Counts } from "./counts.ts";
import { newJob } from "./driver.ts";
import { expectStatus, type JobClient, type JobRun } from "./job-client.ts";
import { planOf } from "./plan.ts";
import { AGENT_TOKEN, BOOTSTRAP_SECRET } from "./systems.ts";

const AT = "2026-01-01T00:00:00.000Z";
const REPORTS_PER_JOB = 5;

const AGENT = `Bearer ${AGENT_TOKEN}`;
const Lease = z.looseObject({
  lease: z
    .looseObject({
      jobId: z.string(),
      callbackUrl: z.string(),
      steps: z.array(z.looseObject({ id: z.string(), operation: z.string() })),
      input: z.looseObject({ name: z.string() }),
    })
    .nullable(),
});
type LeasedJob = NonNullable<z.infer<typeof Lease>["lease"]>;

/** What `work` makes the platform do, with the alarms of `alarmsMs` afterwards. */
async function counted(connection: Connection, alarmsMs: number, work: () => Promise<void>): Promise<Counts> {
  await settle(connection);
  const before = await readCounts(connection);
  await work();
  await settle(connection);
  await new Promise((resolve) => setTimeout(resolve, alarmsMs));
  await settle(connection);
  return difference(await readCounts(connection), before);
}

export async function registerAgent(connection: Connection): Promise<void> {
  const body = {
    agentId: BENCH_AGENT,
    version: "bench",
    engines: [{ name: "bench", operations: ["probe", "loudness", "silence", "waveform", "embed", "transcribe"] }],
    concurrency: 64,
  };
  expectStatus(await connection.send("POST", "/agents/register", AGENT, JSON.stringify(body)), 200, "register");
}

export async function lease(connection: Connection): Promise<LeasedJob | null> {
  const body = JSON.stringify({ agentId: BENCH_AGENT, waitSeconds: 0 });
  return Lease.parse(
    JSON.parse(expectStatus(await connection.send("POST", "/agents/lease", AGENT, body), 200, "lease")),
  ).lease;
}

/** Jobs of the bench's workload, claimed through the queue `place`, the pool and a lease. */
export async function billOfJobs(
  connection: Connection,
  client: JobClient,
  jobs: number,
  alarmsMs: number,
): Promise<Bill> {
  await registerAgent(connection);
  const counts = await counted(connection, alarmsMs, async () => {
    const waiting = new Map<string, JobRun>();
    for (let made = 0; made < jobs; made += 1) {
      const job = newJob(0);
      await client.create(connection, job);
      waiting.set(job.id, job);
    }
    await settle(connection);
    while (waiting.size > 0) {
      const leased = await lease(connection);
      const job = leased === null ? undefined : waiting.get(leased.jobId);
      if (leased === null || job === undefined) throw new Error(`${waiting.size} jobs were never offered`);
      waiting.delete(job.id);
      job.callbackPath = new URL(leased.callbackUrl).pathname;
      for (const report of planOf(job.number, REPORTS_PER_JOB).reports) await client.report(connection, job, [report]);
      await client.complete(connection, job, REPORTS_PER_JOB + 1);
      if (!(await client.isDone(connection, job))) throw new Error(`${job.id} is not done`);
    }
  });
  return billOf(counts, jobs);
}

/** Short recordings from their creation by the API until they are analysed and in the index. */
export async function billOfAssets(connection: Connection, assets: number, alarmsMs: number): Promise<Bill> {
  await registerAgent(connection);
  const boot = await connection.send(
    "POST",
    "/internal/bootstrap",
    `Bearer ${BOOTSTRAP_SECRET}`,
    JSON.stringify({ tenant: "ten_bench", name: "Bench" }),
  );
  const bearer = `Bearer ${(JSON.parse(expectStatus(boot, 201, "bootstrap")) as { apiKey: string }).apiKey}`;
  const counts = await counted(connection, alarmsMs, async () => {
    for (let made = 0; made < assets; made += 1) await oneAsset(connection, bearer, toneOf(made));
  });
  return billOf(counts, assets);
}

/** A second of a tone, another for each asset: the same content twice would be found in the cache of results. */
const toneOf = (asset: number): Uint8Array =>
  wavOf(
    Float32Array.from({ length: 8_000 }, (_, at) => Math.sin(at / (3 + asset))),
    8_000,
  );

async function oneAsset(connection: Connection, bearer: string, sound: Uint8Array): Promise<void> {
  const created = await connection.send("POST", "/v1/assets", bearer, JSON.stringify({ name: "tone.wav" }));
  const { id } = JSON.parse(expectStatus(created, 201, "create asset")) as { id: string };
  const stored = await connection.send("PUT", `/v1/assets/${id}/content?complete=true`, bearer, sound);
  expectStatus(stored, 200, "upload");
  await settle(connection);
  const leased = await lease(connection);
  if (leased === null) throw new Error(`The job of ${id} was never offered`);
  await analyse(connection, leased);
  await settle(connection);
  const read = expectStatus(await connection.send("GET", `/v1/assets/${id}`, bearer), 200, "get asset");
  const { status } = JSON.parse(read) as { status: string };
  if (status !== "analysed") throw new Error(`${id} is ${status}`);
}

/** One report a request: what an agent sends for steps that take longer than its pause between reports. */
async function analyse(connection: Connection, leased: LeasedJob): Promise<void> {
  const path = new URL(leased.callbackUrl).pathname;
  let seq = 0;
  const report = async (body: object): Promise<void> => {
    seq += 1;
    const reports = [{ seq, at: AT, ...body }];
    expectStatus(await connection.send("POST", path, "", JSON.stringify({ reports })), 200, "report");
  };
  await report({ type: "hello", agentId: BENCH_AGENT, resumedFrom: null });
  for (const { id } of leased.steps) await report(partialOf(id));
  await report({ type: "succeeded" });
}

/** A step that found one thing. */
export const partialOf = (step: string): object => ({
  type: "partial",
  step,
  status: "succeeded",
  reason: null,
  metadata: null,
  insights: [
    {
      kind: step,
      source: { engine: "bench", model: "bench-1", digest: null },
      confidence: 0.9,
      timeRange: { startMs: 0, endMs: 1000 },
      page: null,
      box: null,
      text: "a tone",
      data: { value: 1 },
      artifact: null,
      embedding: null,
    },
  ],
  insightsBlob: null,
});
