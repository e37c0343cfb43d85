/** Whether a job costs the same beside 10,000 others, and a report the same after 10,000 others; and what memory holds. */
import { type Load, newJob, openConnections, runLoad } from "./driver.ts";
import type { JobClient } from "./job-client.ts";
import { planOf } from "./plan.ts";
import { median } from "./statistics.ts";
import type { System } from "./systems.ts";
import { Workerd } from "./workerd.ts";

export type OpenJobs = {
  readonly open: number;
  /** Of a whole job from creation to end, while so many others are open. */
  readonly cpuMsPerJob: number;
  readonly jobsPerSecond: number;
  readonly reportP50Ms: number;
  readonly residentMB: number;
  readonly residentKBPerObject: number;
};

export type Growth = {
  readonly levels: readonly OpenJobs[];
  /** The same server after some time without a request, and when `again` more jobs are opened then. */
  readonly dormant: null | {
    readonly afterSeconds: number;
    readonly residentMB: number;
    readonly again: number;
    /** Near zero when the memory of dormant objects is given to new ones. */
    readonly moreKBPerObject: number;
  };
};

const CONNECTIONS = 32;
const WARM_JOBS = 200;
/** A busy machine opens fewer jobs than it was asked for; the table shows how many. */
const OPENING_MS = 240_000;
const AGAIN_MS = 15_000;
/** workerd drops an object that was idle for 10 s. */
const IDLE_SECONDS = 12;

/**
 * Every job is created, claimed and has one report; then it is left. `system` keeps its alarms away. At the
 * end, after a pause, comes the look at dormant objects, if it is wanted.
 */
export function measureOpenJobs(
  system: System,
  levels: readonly number[],
  measureMs: number,
  dormancy: boolean,
): Promise<Growth> {
  return Workerd.during(system.spec, async (server) => {
    const read = () => ({ serverMs: server.processorMs, othersMs: 0, writtenBytes: 0 });
    // Warm: what the first jobs compile and load is no memory of theirs.
    await runLoad(server.port, system.client, loadOf(WARM_JOBS, 1_000), read);
    const emptyBytes = server.residentBytes;
    const perObject = (objects: number): number => (server.residentBytes - emptyBytes) / objects / 1e3;
    const measured: OpenJobs[] = [];
    let open = 0;
    const deadline = performance.now() + OPENING_MS;
    for (const level of levels) {
      open += await openJobs(server.port, system.client, level - open, deadline);
      const residentMB = server.residentBytes / 1e6;
      const residentKBPerObject = perObject(open);
      const result = await runLoad(server.port, system.client, loadOf(1, measureMs), read);
      measured.push({
        open,
        cpuMsPerJob: result.used.serverMs / result.jobs,
        jobsPerSecond: (result.jobs * 1000) / result.measuredMs,
        reportP50Ms: median(result.reportMs),
        residentMB,
        residentKBPerObject,
      });
    }
    if (!dormancy) return { levels: measured, dormant: null };
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
    const dormantBytes = server.residentBytes;
    const again = await openJobs(server.port, system.client, Math.min(open, 1_000), performance.now() + AGAIN_MS);
    return {
      levels: measured,
      dormant: {
        afterSeconds: IDLE_SECONDS,
        residentMB: dormantBytes / 1e6,
        again,
        moreKBPerObject: (server.residentBytes - dormantBytes) / again / 1e3,
      },
    };
  });
}

const loadOf = (warmUpJobs: number, measureMs: number): Load => ({
  connections: CONNECTIONS,
  reportsPerJob: 5,
  reportsPerRequest: 1,
  warmUp: { ms: 0, jobs: warmUpJobs },
  measureMs,
  jobsPerSecond: null,
});

/** Resolves with how many it opened until the deadline. */
async function openJobs(port: number, client: JobClient, count: number, deadlineMs: number): Promise<number> {
  const connections = await openConnections(port, CONNECTIONS);
  let begun = 0;
  try {
    await Promise.all(
      connections.map(async (connection, lane) => {
        while (begun < count && performance.now() < deadlineMs) {
          begun += 1;
          const job = newJob(lane);
          await client.create(connection, job);
          await client.claim(connection, job);
          await client.report(connection, job, [{ seq: 1, value: job.number }]);
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  return begun;
}

export type LongJob = {
  readonly checkpoints: number;
  /** Mean of a report at the beginning, and of one at the end. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly firstCpuMs: number;
  readonly lastCpuMs: number;
};

/** One job, one connection, a checkpoint a request: the first and the last `window` of them. */
export function measureLongJob(system: System, checkpoints: number, window: number): Promise<LongJob> {
  return Workerd.during(system.spec, async (server) => {
    const [connection] = await openConnections(server.port, 1);
    if (connection === undefined) throw new Error("No connection");
    const job = newJob(0);
    const { values } = planOf(job.number, checkpoints);
    await system.client.create(connection, job);
    await system.client.claim(connection, job);
    let seq = 0;
    const send = async (count: number): Promise<{ ms: number; cpuMs: number }> => {
      const startedAt = performance.now();
      const cpuBefore = server.processorMs;
      for (let sent = 0; sent < count; sent += 1) {
        seq += 1;
        await system.client.report(connection, job, [{ seq, value: values[seq - 1] ?? 0 }]);
      }
      return { ms: (performance.now() - startedAt) / count, cpuMs: (server.processorMs - cpuBefore) / count };
    };
    await send(100); // What the first ones compile is not counted.
    const first = await send(window);
    await send(checkpoints - 2 * window - 100);
    const last = await send(window);
    await system.client.complete(connection, job, checkpoints + 1);
    const held = await system.client.values(connection, job);
    if (held.length !== checkpoints || held.some((value, index) => value !== values[index]))
      throw new Error(`${job.id} does not hold the ${checkpoints} values in order`);
    connection.close();
    return { checkpoints, firstMs: first.ms, lastMs: last.ms, firstCpuMs: first.cpuMs, lastCpuMs: last.cpuMs };
  });
}
