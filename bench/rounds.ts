/** Rounds of one load, the systems taking turns, each round on a fresh server with an empty disk. */
import { type Load, type LoadResult, runLoad, verifyJobs } from "./driver.ts";
import { machineMs } from "./kernel-counters.ts";
import { quantile, median } from "./statistics.ts";
import type { System } from "./systems.ts";
import { Workerd } from "./workerd.ts";

export type Round = {
  readonly jobsPerSecond: number;
  readonly reportP50Ms: number;
  readonly reportP99Ms: number;
  /** Of the server in the measured time. */
  readonly cpuMsPerJob: number;
  /** Given to the disk. */
  readonly writtenKBPerJob: number;
  readonly residentMB: number;
  readonly jobs: number;
  readonly late: number;
  /** Processors that others on this machine kept busy meanwhile, the driver not included. */
  readonly othersBusy: number;
};

export type Measured = { readonly system: string; readonly median: Round; readonly rounds: readonly Round[] };

export async function measureRounds(systems: readonly System[], load: Load, count: number): Promise<Measured[]> {
  const rounds = new Map<string, Round[]>(systems.map(({ name }) => [name, []]));
  for (let round = 0; round < count; round += 1) {
    for (const system of systems) rounds.get(system.name)?.push(await measureRound(system, load));
  }
  return [...rounds].map(([system, each]) => ({ system, rounds: each, median: medianOf(each) }));
}

function measureRound(system: System, load: Load): Promise<Round> {
  return Workerd.during(system.spec, async (server) => {
    const result = await runLoad(server.port, system.client, load, () => ({
      serverMs: server.processorMs,
      othersMs: busyBeside(server),
      writtenBytes: server.writtenBytes,
    }));
    const { residentBytes } = server;
    await verifyJobs(server.port, system.client, result.finished, load.reportsPerJob);
    return roundOf(result, residentBytes);
  });
}

/** Milliseconds of processor that neither the server nor this driver used. */
function busyBeside(server: Workerd): number {
  const own = process.cpuUsage();
  return machineMs() - server.processorMs - (own.user + own.system) / 1000;
}

const roundOf = (result: LoadResult, residentBytes: number): Round => ({
  jobsPerSecond: (result.jobs * 1000) / result.measuredMs,
  reportP50Ms: quantile(result.reportMs, 0.5),
  reportP99Ms: quantile(result.reportMs, 0.99),
  cpuMsPerJob: result.used.serverMs / result.jobs,
  writtenKBPerJob: result.used.writtenBytes / result.jobs / 1e3,
  residentMB: residentBytes / 1e6,
  jobs: result.jobs,
  late: result.late,
  othersBusy: Math.max(0, result.used.othersMs / result.measuredMs),
});

/** Each figure by itself: the median of one is not the round of another. */
function medianOf(rounds: readonly Round[]): Round {
  const of = (figure: (round: Round) => number): number => median(rounds.map(figure));
  return {
    jobsPerSecond: of((round) => round.jobsPerSecond),
    reportP50Ms: of((round) => round.reportP50Ms),
    reportP99Ms: of((round) => round.reportP99Ms),
    cpuMsPerJob: of((round) => round.cpuMsPerJob),
    writtenKBPerJob: of((round) => round.writtenKBPerJob),
    residentMB: of((round) => round.residentMB),
    jobs: of((round) => round.jobs),
    late: of((round) => round.late),
    othersBusy: of((round) => round.othersBusy),
  };
}
