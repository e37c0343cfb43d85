/** Runs a pass within the test's own process and collects what it ends each step with. */
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MediaType, Metadata } from "../../shared/contracts/media.ts";
import type { Operation } from "../../shared/contracts/operations.ts";
import type { Pass, StepOutcome } from "../engine.ts";

export type Input = { readonly bytes: Uint8Array; readonly mediaType: MediaType; readonly metadata?: Metadata };

/** Outcomes by operation; produced files are gone afterwards, their sizes are in `fileSizes` by name. */
export async function runInPlace(
  pass: Pass,
  { bytes, mediaType, metadata = {} }: Input,
  operations: readonly Operation[],
): Promise<{ outcomes: Map<string, StepOutcome>; fileSizes: Map<string, number> }> {
  const folder = await mkdtemp(join(tmpdir(), "aima-pass-test-"));
  const outcomes = new Map<string, StepOutcome>();
  const fileSizes = new Map<string, number>();
  try {
    const inputPath = join(folder, "input");
    await writeFile(inputPath, bytes);
    await pass.run(
      operations.map((operation) => ({ id: operation, operation, parameters: {} })),
      {
        inputPath,
        input: { name: "input", mediaType, contentType: "application/octet-stream", sizeBytes: bytes.length, metadata },
        scratchDir: folder,
        savedState: null,
        result: async (step, outcome) => {
          if (outcomes.has(step)) throw new Error(`${step} ended twice`);
          outcomes.set(step, outcome);
          for (const { file } of outcome.status === "succeeded" ? outcome.insights : []) {
            if (file !== null) fileSizes.set(file.name, (await stat(file.path)).size);
          }
        },
        progress: async () => undefined,
        saveState: async () => undefined,
      },
    );
    return { outcomes, fileSizes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The insights of a step that succeeded; throws for one that did not. */
export function insightsOf(outcome: StepOutcome | undefined): (StepOutcome & { status: "succeeded" })["insights"] {
  if (outcome?.status !== "succeeded") throw new Error(`The step ended ${JSON.stringify(outcome)}`);
  return outcome.insights;
}
