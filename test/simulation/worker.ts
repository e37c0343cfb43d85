/** A thread that runs seeds one after the other, with or without a mutant's lines in the project's code. */
import { parentPort, workerData } from "node:worker_threads";
import type { Mutant } from "./mutants.ts";
import { registerProjectHooks } from "./platform/hooks.ts";
import type { SeedResult } from "./scenario.ts";

export type ToWorker = { readonly seed: number };
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "done"; readonly result: SeedResult }
  | { readonly kind: "failed"; readonly seed: number; readonly error: string };

// SAFETY: set by run-seeds.ts.
const { mutant } = workerData as { mutant: Mutant | null };
const hooks = registerProjectHooks(mutant);
// Only what is imported after the hooks gets their replacements.
const { runSeed } = await import("./scenario.ts");
hooks.assertMutated();

const tell = (message: FromWorker): void => parentPort?.postMessage(message);

parentPort?.on("message", ({ seed }: ToWorker) => {
  runSeed(seed).then(
    (result) => tell({ kind: "done", result }),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      tell({ kind: "failed", seed, error: text });
    },
  );
});
tell({ kind: "ready" });
