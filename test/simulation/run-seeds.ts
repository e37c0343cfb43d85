/** Spreads seeds over threads. Each seed is a world of its own: the order in which they end means nothing. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Mutant } from "./mutants.ts";
import type { Moonshot } from "./moonshot.ts";
import type { SeedResult } from "./scenario.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url).href);

export type RunOptions = {
  readonly seeds: readonly number[];
  readonly threads: number;
  readonly mutant: Mutant | null;
  /** Called as results come; answering false ends the run early. */
  readonly onResult?: (result: SeedResult) => boolean;
};

export async function runSeeds({ seeds, threads, mutant, onResult }: RunOptions): Promise<SeedResult[]> {
  const waiting = [...seeds];
  const results: SeedResult[] = [];
  let ended = false;
  const take = (): number | undefined => (ended ? undefined : waiting.shift());
  const count = Math.min(threads, seeds.length);
  await Promise.all(
    Array.from({ length: count }, () =>
      runThread(mutant, take, (result) => {
        results.push(result);
        if (onResult?.(result) === false) ended = true;
      }),
    ),
  );
  return results.toSorted((a, b) => a.seed - b.seed);
}

function runThread(
  mutant: Mutant | null,
  take: () => number | undefined,
  onResult: (result: SeedResult) => void,
): Promise<void> {
  const worker = new Worker(WORKER, { workerData: { mutant } });
  return new Promise<void>((resolve, reject) => {
    const next = (): void => {
      const seed = take();
      if (seed === undefined) void worker.terminate().then(() => resolve());
      else worker.postMessage({ seed } satisfies ToWorker);
    };
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "failed") {
        void worker.terminate();
        reject(new Error(`Seed ${message.seed}: ${message.error}`));
        return;
      }
      if (message.kind === "done") onResult(message.result);
      next();
    });
    worker.on("error", reject);
  });
}

/** The moonshot in a thread of its own. */
export function runMoonshotThread(seed: number, jobs: number): Promise<Moonshot> {
  const worker = new Worker(WORKER, { workerData: { mutant: null } });
  return new Promise((resolve, reject) => {
    worker.on("message", (message: FromWorker) => {
      if (message.kind === "ready") worker.postMessage({ seed, moonshotJobs: jobs } satisfies ToWorker);
      else {
        void worker.terminate();
        if (message.kind === "moonshot") resolve(message.result);
        else reject(new Error(message.kind === "failed" ? message.error : "The moonshot did not answer"));
      }
    });
    worker.on("error", reject);
  });
}
