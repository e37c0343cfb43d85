/** A thread that runs seeds one after the other, with or without a mutant's lines in the project's code. */
import { parentPort, workerData } from "node:worker_threads";
import type { Mutant } from "./mutants.ts";
import { registerProjectHooks } from "./platform/hooks.ts";
import type { Moonshot } from "./moonshot.ts";
import type { SeedResult } from "./scenario.ts";

export type ToWorker = { readonly seed: number; readonly moonshotJobs?: number };
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly result: SeedResult }
  | { readonly kind: "moonshot"; readonly result: Moonshot }
  | { readonly kind: "failed"; readonly seed: number; readonly error: string };

// SAFETY: set by run-seeds.ts.
const { mutant } = workerData as { mutant: Mutant | null };
const hooks = registerProjectHooks(mutant);
// Only what is imported after the hooks gets their replacements.
const { runSeed } = await import("./scenario.ts");
const { runMoonshot } = await import("./moonshot.ts");
hooks.assertMutated();

const tell = (message: FromWorker): void => parentPort?.postMessage(message);

const run = async ({ seed, moonshotJobs }: ToWorker): Promise<FromWorker> =>
  moonshotJobs === undefined
    ? { kind: "done", result: await runSeed(seed) }
    : { kind: "moonshot", result: await runMoonshot(seed, moonshotJobs) };

parentPort?.on("message", (message: ToWorker) => {
  run(message).then(tell, (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ kind: "failed", seed: message.seed, error: text });
  });
});
tell({ kind: "ready" });
