/**
 * What authentication and limits add to a request. The variants take turns in short blocks on one warm server, in
 * another order each time, and the medians of one turn are compared with each other, so that whatever else the machine
 * does meets all of them alike; one request is under way at a time, so that nothing is measured but the request itself.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Connection } from "../connection.ts";
import { machineMs } from "../kernel-counters.ts";
import { median, quantile } from "../statistics.ts";
import { Workerd, type WorkerdSpec } from "../workerd.ts";
import { type Caller, callers, type Variant, VARIANTS } from "./callers.ts";
import type { GatewayCalls } from "./paths.ts";

export type GatewayLoad = {
  readonly bootstrapSecret: string;
  readonly rounds: number;
  /** Turns of each variant in a round. */
  readonly turns: number;
  readonly requestsPerTurn: number;
  readonly warmUpRequests: number;
};

/** The most that a request may take of one without authentication and limits, at the median. */
export const GOAL_RATIO = 1.1;

export type VariantCost = {
  readonly variant: Variant;
  readonly p50Ms: number;
  /** To `without` of the same turn, the median of all turns. */
  readonly p50Ratio: number;
  readonly p99Ms: number;
  /** Of the server, all threads. */
  readonly cpuMs: number;
  readonly callsPerThousand: number;
};

export type GatewayRound = { readonly costs: readonly VariantCost[]; readonly calls: GatewayCalls };

export type GatewayFinding = {
  readonly costs: readonly (VariantCost & {
    /** To `without`, the medians of the rounds' own ratios. */
    readonly p99Ratio: number;
    readonly cpuRatio: number;
  })[];
  readonly rounds: readonly GatewayRound[];
  readonly requestsPerVariant: number;
  /** Processors that others kept busy meanwhile; the server and this driver not included. */
  readonly othersBusy: number;
};

type Tally = { readonly ms: number[]; readonly turnsP50Ms: number[]; cpuMs: number; calls: number };

export function measureGateway(spec: WorkerdSpec, load: GatewayLoad): Promise<GatewayFinding> {
  return Workerd.during(spec, async (server) => {
    const connection = await Connection.open(server.port);
    const known = await callers(connection, load.bootstrapSecret);
    for (let sent = 0; sent < load.warmUpRequests; sent += 100) {
      for (const caller of known) await sendMany(connection, caller, 100, []);
    }
    const begunAt = performance.now();
    const busyBefore = busyBeside(server);
    const rounds: GatewayRound[] = [];
    for (let round = 0; round < load.rounds; round += 1)
      rounds.push(await measureRound(server, connection, known, load));
    const othersBusy = Math.max(0, busyBeside(server) - busyBefore) / (performance.now() - begunAt);
    connection.close();
    const requestsPerVariant = load.rounds * load.turns * load.requestsPerTurn;
    return { costs: VARIANTS.map((variant) => together(variant, rounds)), rounds, requestsPerVariant, othersBusy };
  });
}

async function measureRound(
  server: Workerd,
  connection: Connection,
  known: readonly Caller[],
  { turns, requestsPerTurn }: GatewayLoad,
): Promise<GatewayRound> {
  const tallies = new Map(
    known.map(({ variant }): [Variant, Tally] => [variant, { ms: [], turnsP50Ms: [], cpuMs: 0, calls: 0 }]),
  );
  const first = await readCalls(connection);
  let before = first;
  for (let turn = 0; turn < turns; turn += 1) {
    for (let place = 0; place < known.length; place += 1) {
      const caller = known[(turn + place) % known.length];
      const tally = caller === undefined ? undefined : tallies.get(caller.variant);
      if (caller === undefined || tally === undefined) continue;
      const cpuBefore = cpuMs(server.pid);
      const ms: number[] = [];
      await sendMany(connection, caller, requestsPerTurn, ms);
      tally.ms.push(...ms);
      tally.turnsP50Ms.push(median(ms));
      tally.cpuMs += cpuMs(server.pid) - cpuBefore;
      const after = await readCalls(connection);
      tally.calls += total(after) - total(before);
      before = after;
    }
  }
  const requests = turns * requestsPerTurn;
  const limit = tallies.get("without")?.turnsP50Ms ?? [];
  const costs = [...tallies].map(([variant, tally]) => ({
    variant,
    p50Ms: median(tally.ms),
    p50Ratio: median(tally.turnsP50Ms.map((ms, turn) => ms / (limit[turn] ?? Number.NaN))),
    p99Ms: quantile(tally.ms, 0.99),
    cpuMs: tally.cpuMs / requests,
    callsPerThousand: (tally.calls * 1000) / requests,
  }));
  const calls = Object.fromEntries(Object.entries(before).map(([name, count]) => [name, count - (first[name] ?? 0)]));
  return { costs, calls };
}

/** Whether authentication and limits cost no more than they may. */
export const meetsGoal = ({ costs }: GatewayFinding): boolean => costs.every(({ p50Ratio }) => p50Ratio <= GOAL_RATIO);

/** One after the other; every answer has to be that of the route itself. */
async function sendMany(connection: Connection, caller: Caller, requests: number, ms: number[]): Promise<void> {
  for (let sent = 0; sent < requests; sent += 1) {
    const startedAt = performance.now();
    const { status, body } = await connection.send("GET", caller.path, caller.authorization);
    ms.push(performance.now() - startedAt);
    if (status !== 200) throw new Error(`${caller.variant}: ${status} ${body}`);
  }
}

async function readCalls(connection: Connection): Promise<GatewayCalls> {
  return JSON.parse((await connection.send("GET", "/bench/calls", "")).body) as GatewayCalls;
}

const total = (calls: GatewayCalls): number => Object.values(calls).reduce((sum, count) => sum + count, 0);

function together(variant: Variant, rounds: readonly GatewayRound[]): GatewayFinding["costs"][number] {
  const of = (name: Variant, figure: (cost: VariantCost) => number): readonly number[] =>
    rounds.map(({ costs }) => figure(costs.find((cost) => cost.variant === name) ?? NOTHING));
  const mid = (figure: (cost: VariantCost) => number): number => median(of(variant, figure));
  const ratio = (figure: (cost: VariantCost) => number): number => {
    const limit = of("without", figure);
    return median(of(variant, figure).map((value, round) => value / (limit[round] ?? Number.NaN)));
  };
  return {
    variant,
    p50Ms: mid((cost) => cost.p50Ms),
    p99Ms: mid((cost) => cost.p99Ms),
    cpuMs: mid((cost) => cost.cpuMs),
    callsPerThousand: mid((cost) => cost.callsPerThousand),
    p50Ratio: mid((cost) => cost.p50Ratio),
    p99Ratio: ratio((cost) => cost.p99Ms),
    cpuRatio: ratio((cost) => cost.cpuMs),
  };
}

const NOTHING: VariantCost = {
  variant: "without",
  p50Ms: Number.NaN,
  p50Ratio: Number.NaN,
  p99Ms: Number.NaN,
  cpuMs: Number.NaN,
  callsPerThousand: Number.NaN,
};

/** Time on a processor of all threads, which the scheduler counts in nanoseconds: a turn is too short for ticks. */
function cpuMs(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const ns = readdirSync(tasks).map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]));
  return ns.reduce((sum, each) => sum + each, 0) / 1e6;
}

function busyBeside(server: Workerd): number {
  const own = process.cpuUsage();
  return machineMs() - server.processorMs - (own.user + own.system) / 1000;
}
