/**
 * The load: so many connections, each working on one job at a time from its creation to its end, as fast as the
 * answers come (closed loop), or with jobs that begin at a fixed rate whatever the server does (open loop).
 */
import { Connection } from "./connection.ts";
import { idOf, type JobClient, type JobRun } from "./job-client.ts";
import { MeasuredTime, type Reading, type WarmUp } from "./measured-time.ts";
import { type Plan, planOf } from "./plan.ts";

export type Load = {
  readonly connections: number;
  readonly reportsPerJob: number;
  readonly reportsPerRequest: number;
  readonly warmUp: WarmUp;
  readonly measureMs: number;
  /** Jobs that begin per second; null for as many as the connections carry. */
  readonly jobsPerSecond: number | null;
};

export type LoadResult = {
  /** Ended within the measured time. */
  readonly jobs: number;
  readonly measuredMs: number;
  /** Within the measured time. */
  readonly used: Reading;
  /** Of each report request within the measured time, as the client saw it. */
  readonly reportMs: readonly number[];
  /** Jobs of the open loop that found no free connection when they were to begin. */
  readonly late: number;
  /** All that ended, those of the warm-up included. */
  readonly finished: readonly JobRun[];
};

const JOB_TIMEOUT_MS = 20_000;
/** Timers of this process are no more exact than that. */
const LATE_MS = 5;

/** Job numbers never repeat within a run: an object is never met twice. */
let nextJob = 0;

export function newJob(lane: number): JobRun {
  const number = nextJob;
  nextJob += 1;
  return { number, id: idOf("job", number), lane, callbackPath: "" };
}

export async function runLoad(port: number, client: JobClient, load: Load, read: () => Reading): Promise<LoadResult> {
  const connections = await openConnections(port, load.connections);
  const reportMs: number[] = [];
  const finished: JobRun[] = [];
  const startedAt = performance.now();
  const measured = new MeasuredTime(load.warmUp, load.measureMs, read);
  let jobs = 0;
  let late = 0;
  let begun = 0;
  const work = async (connection: Connection, lane: number): Promise<void> => {
    while (!measured.isOver) {
      if (load.jobsPerSecond !== null) {
        const wait = startedAt + (begun * 1000) / load.jobsPerSecond - performance.now();
        begun += 1;
        if (wait > 0) await sleep(wait);
        else if (wait < -LATE_MS && measured.includes(performance.now())) late += 1;
      }
      const job = newJob(lane);
      await runJob(connection, client, job, load, (at, tookMs) => {
        if (measured.includes(at)) reportMs.push(tookMs);
      });
      finished.push(job);
      if (measured.includes(performance.now())) jobs += 1;
      measured.jobEnded();
    }
  };
  try {
    await Promise.all(connections.map(work));
  } finally {
    for (const connection of connections) connection.close();
  }
  return { jobs, measuredMs: load.measureMs, used: await measured.used, reportMs, late, finished };
}

export const openConnections = (port: number, count: number): Promise<Connection[]> =>
  Promise.all(Array.from({ length: count }, () => Connection.open(port)));

async function runJob(
  connection: Connection,
  client: JobClient,
  job: JobRun,
  load: Pick<Load, "reportsPerJob" | "reportsPerRequest">,
  onReport: (atMs: number, tookMs: number) => void,
): Promise<void> {
  const deadline = performance.now() + JOB_TIMEOUT_MS;
  const { reports } = planOf(job.number, load.reportsPerJob);
  await client.create(connection, job);
  await client.claim(connection, job);
  for (let at = 0; at < reports.length; at += load.reportsPerRequest) {
    const sentAt = performance.now();
    await client.report(connection, job, reports.slice(at, at + load.reportsPerRequest));
    onReport(sentAt, performance.now() - sentAt);
  }
  await client.complete(connection, job, load.reportsPerJob + 1);
  while (!(await client.isDone(connection, job))) {
    if (performance.now() > deadline) throw new Error(`${job.id} did not end in time`);
  }
}

/** Throws when a job does not hold exactly the values that were sent, in the order of their numbers. */
export async function verifyJobs(
  port: number,
  client: JobClient,
  jobs: readonly JobRun[],
  reportsPerJob: number,
): Promise<void> {
  const connections = await openConnections(port, 16);
  const waiting = [...jobs];
  const work = async (connection: Connection): Promise<void> => {
    for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
      assertValues(job, await client.values(connection, job), planOf(job.number, reportsPerJob));
    }
  };
  try {
    await Promise.all(connections.map(work));
  } finally {
    for (const connection of connections) connection.close();
  }
}

function assertValues(job: JobRun, held: readonly number[], { values }: Plan): void {
  if (held.length === values.length && held.every((value, index) => value === values[index])) return;
  throw new Error(`${job.id} holds ${held.join(" ")}, sent were ${values.join(" ")}`);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
