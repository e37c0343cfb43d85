/** Runs a pass in this process and keeps all that it reports. For tests. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Metadata } from "../../../../../shared/contracts/media.ts";
import type { Step } from "../../../../../shared/contracts/operations.ts";
import type { Pass, StepOutcome } from "../../../../engine.ts";

type Saved = { readonly state: unknown; readonly nextSegment: number; readonly fraction: number };

export type RecordedRun = {
  /** By step; paths of files are relative to the scratch folder. */
  readonly results: Readonly<Record<string, StepOutcome>>;
  readonly saved: readonly Saved[];
  readonly segments: readonly (number | null)[];
  /** SHA-256 of each file in the scratch folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly scratchDir: string;
};

type Options = {
  readonly mediaType?: "video" | "audio";
  readonly metadata?: Metadata;
  readonly savedState?: unknown;
  readonly parameters?: Readonly<Record<string, Step["parameters"]>>;
  /** The machine goes away after this many saved states. */
  readonly stopAfter?: number;
};

class MachineGone extends Error {}

/** One step for each of `operations`, named like it. A step that is ended twice throws. The files go with the test. */
export async function recordedRun(
  pass: Pass,
  inputPath: string,
  operations: readonly Step["operation"][],
  options: Options = {},
): Promise<RecordedRun> {
  const scratchDir = await mkdtemp(join(tmpdir(), "aima-av-"));
  onTestFinished(() => rm(scratchDir, { recursive: true, force: true }));
  const results: Record<string, StepOutcome> = {};
  const saved: Saved[] = [];
  const segments: (number | null)[] = [];
  const { parameters = {}, mediaType = "video", metadata = {}, savedState = null, stopAfter = Infinity } = options;
  const steps = operations.map((operation) => ({
    id: operation,
    operation,
    parameters: parameters[operation] ?? {},
  }));
  const { size: sizeBytes } = await stat(inputPath);
  const context = {
    inputPath,
    input: { name: "input", mediaType, contentType: `${mediaType}/x`, sizeBytes, metadata },
    scratchDir,
    savedState,
    result(step: string, outcome: StepOutcome) {
      if (results[step] !== undefined) throw new Error(`${step} ended twice`);
      results[step] = outcome;
      return Promise.resolve();
    },
    progress(_fraction: number, segment: number | null) {
      segments.push(segment);
      return Promise.resolve();
    },
    saveState(state: unknown, nextSegment: number, fraction: number) {
      saved.push({ state: JSON.parse(JSON.stringify(state)), nextSegment, fraction });
      return saved.length >= stopAfter ? Promise.reject(new MachineGone()) : Promise.resolve();
    },
  };
  try {
    await pass.run(steps, context);
  } catch (error) {
    if (!(error instanceof MachineGone)) throw error;
  }
  // SAFETY: the same structure, with other paths.
  const relative = JSON.parse(JSON.stringify(results).replaceAll(scratchDir, ".")) as Record<string, StepOutcome>;
  return { results: relative, saved, segments, files: await digests(scratchDir), scratchDir };
}

async function digests(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of (await readdir(folder)).sort()) {
    found[name] = createHash("sha256")
      .update(await readFile(join(folder, name)))
      .digest("hex");
  }
  return found;
}
