import type { Connection } from "../connection.ts";
import { median, quantile } from "../statistics.ts";
import type { Workerd } from "../workerd.ts";

/** Rows in one transaction while the long journal is filled, and in one page while it is read. */
export const BATCH = 2000;
/** The object whose journal is long. */
export const LONG = "long";

const ROUNDS = 6;

/** The body of an answer of the bench's Worker. */
export async function call(connection: Connection, path: string): Promise<string> {
  const { status, body } = await connection.send("GET", path, "");
  if (status !== 200) throw new Error(`${path} answered ${status}: ${body.slice(0, 200)}`);
  return body;
}

/** Gives the seconds that it took. */
export async function fill(
  connection: Connection,
  entries: number,
  onProgress: (done: number) => void,
): Promise<number> {
  const startedAt = performance.now();
  for (let done = 0; done < entries; done += BATCH) {
    await call(connection, `/${LONG}/append?count=${Math.min(BATCH, entries - done)}`);
    if ((done + BATCH) % (BATCH * 100) === 0) onProgress(done + BATCH);
  }
  return (performance.now() - startedAt) / 1000;
}

type Cost = {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of workerd for one append, the request and its answer included. */
  readonly cpuMs: number;
};

type Samples = { readonly ms: number[]; readonly cpuMs: number[] };
const samples = (): Samples => ({ ms: [], cpuMs: [] });
const costOf = ({ ms, cpuMs }: Samples): Cost => ({
  p50Ms: quantile(ms, 0.5),
  p99Ms: quantile(ms, 0.99),
  cpuMs: median(cpuMs),
});

export type Appended = {
  readonly appends: number;
  readonly long: Cost;
  readonly empty: Cost;
  /** Of all appends. */
  readonly p99Ratio: number;
  /** The median of the rounds' ratios: one outlier of the machine does not move it. */
  readonly p99RatioOfRounds: number;
  readonly rounds: number;
};

/**
 * Single appends to the long journal and to an empty one, one at a time, from the request until the answer: the output
 * gate lets it out when the entry is on disk. First by turns, for the times; then in blocks, for the processor time,
 * which other work on the machine moves less. Every round has a new empty journal.
 */
export async function measureAppends(server: Workerd, connection: Connection, appends: number): Promise<Appended> {
  const all = { long: samples(), empty: samples() };
  const ratios: number[] = [];
  const perRound = Math.ceil(appends / ROUNDS);
  for (let round = 0; round < ROUNDS; round += 1) {
    const names = { long: LONG, empty: `empty-${round}` };
    const append = (which: keyof typeof names): Promise<string> => call(connection, `/${names[which]}/append?count=1`);
    // Its file is made outside the measurement.
    await append("empty");
    const times = { long: [] as number[], empty: [] as number[] };
    for (let i = 0; i < perRound; i += 1) {
      // Who is first changes, so that neither always has the other's flush before it.
      for (const which of i % 2 === 0 ? (["long", "empty"] as const) : (["empty", "long"] as const)) {
        const startedAt = performance.now();
        await append(which);
        times[which].push(performance.now() - startedAt);
      }
    }
    ratios.push(quantile(times.long, 0.99) / quantile(times.empty, 0.99));
    for (const which of ["long", "empty"] as const) {
      all[which].ms.push(...times[which]);
      const cpuBeforeMs = server.processorMs;
      for (let i = 0; i < perRound; i += 1) await append(which);
      all[which].cpuMs.push((server.processorMs - cpuBeforeMs) / perRound);
    }
  }
  const [long, empty] = [costOf(all.long), costOf(all.empty)];
  const p99Ratio = long.p99Ms / empty.p99Ms;
  return { appends: all.long.ms.length, long, empty, p99Ratio, p99RatioOfRounds: median(ratios), rounds: ROUNDS };
}
