/**
 * Whether the time of a refused login tells which addresses are known. Each round asks once with each kind of login, in
 * another order each time, one request under way at a time, so that whatever else the machine does meets all alike; the
 * medians of whole blocks of rounds are compared, and the median of the blocks' ratios is the finding. At the first try
 * the object of a known account is asleep, as it is when somebody tries addresses, and that of an unknown one is new.
 */
import { Connection } from "../connection.ts";
import { machineMs } from "../kernel-counters.ts";
import { median } from "../statistics.ts";
import { Workerd, type WorkerdSpec } from "../workerd.ts";
import { type Kind, KINDS, type Newcomer, People } from "./people.ts";

export type LoginLoad = {
  readonly bootstrapSecret: string;
  readonly blocks: number;
  /** Logins of each kind in a block; each is tried four times. */
  readonly loginsPerBlock: number;
};

/** The first try of a login, or the second to the fourth. A fifth would lock it. */
export type Try = "first" | "later";

export type LoginCost = {
  readonly kind: Kind;
  readonly tries: Try;
  readonly requests: number;
  /** Median of the medians of the blocks. */
  readonly p50Ms: number;
  /** To a known address with a password, the median of the blocks' own ratios. */
  readonly ratio: number;
};

export type LoginFinding = {
  readonly costs: readonly LoginCost[];
  /** Processors that others kept busy meanwhile; the server and this driver not included. */
  readonly othersBusy: number;
};

/** What a login may differ by (requirement: at most 5 % at the median). */
export const GOAL_RATIO = 1.05;

const WARM_UP_LOGINS = 4;
const TRIES_BEFORE_LOCK = 4;
/** The runtime evicts an object that nobody has asked for 10 s. */
const ASLEEP_MS = 12_000;

export function measureLogins(spec: WorkerdSpec, load: LoginLoad): Promise<LoginFinding> {
  return Workerd.during(spec, async (server) => {
    const connection = await Connection.open(server.port);
    const people = new People(connection, load.bootstrapSecret);
    await measureBlock(connection, await people.newcomers(WARM_UP_LOGINS));
    const newcomers: Newcomer[][] = [];
    for (let block = 0; block < load.blocks; block += 1) newcomers.push(await people.newcomers(load.loginsPerBlock));
    await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS));
    const begunAt = performance.now();
    const busyBefore = busyBeside(server);
    const blocks: Block[] = [];
    for (const each of newcomers) blocks.push(await measureBlock(connection, each));
    const othersBusy = Math.max(0, busyBeside(server) - busyBefore) / (performance.now() - begunAt);
    connection.close();
    return { costs: (["first", "later"] as const).flatMap((tries) => costsOf(tries, blocks)), othersBusy };
  });
}

type Block = Readonly<Record<Try, ReadonlyMap<Kind, number[]>>>;

async function measureBlock(connection: Connection, newcomers: readonly Newcomer[]): Promise<Block> {
  const empty = (): Map<Kind, number[]> => new Map(KINDS.map((kind) => [kind, []]));
  const block = { first: empty(), later: empty() };
  for (const [at, bodies] of newcomers.entries()) {
    for (let attempt = 0; attempt < TRIES_BEFORE_LOCK; attempt += 1) {
      for (let place = 0; place < KINDS.length; place += 1) {
        const kind = KINDS[(at + attempt + place) % KINDS.length] ?? "known";
        const startedAt = performance.now();
        const { status, body } = await connection.send("POST", "/v1/auth/login", "", bodies[kind]);
        block[attempt === 0 ? "first" : "later"].get(kind)?.push(performance.now() - startedAt);
        if (status !== 401) throw new Error(`${kind}: ${status} ${body}`);
      }
    }
  }
  return block;
}

function costsOf(tries: Try, blocks: readonly Block[]): LoginCost[] {
  const medians = (kind: Kind): readonly number[] => blocks.map((block) => median(block[tries].get(kind) ?? []));
  const known = medians("known");
  return KINDS.map((kind) => {
    const own = medians(kind);
    return {
      kind,
      tries,
      requests: blocks.reduce((sum, block) => sum + (block[tries].get(kind)?.length ?? 0), 0),
      p50Ms: median(own),
      ratio: median(own.map((ms, block) => ms / (known[block] ?? Number.NaN))),
    };
  });
}

function busyBeside(server: Workerd): number {
  const own = process.cpuUsage();
  return machineMs() - server.processorMs - (own.user + own.system) / 1000;
}
