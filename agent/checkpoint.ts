/** What an attempt continues from. PERSISTED CONTRACT: a later release of the agent may be the one that continues. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { JobLease } from "../shared/contracts/agent.ts";
import { BlobFault, downloadBlob, uploadBlob } from "./blobs.ts";
import type { Log } from "./log.ts";
import type { ReportQueue } from "./report-queue.ts";

const CheckpointFile = z.strictObject({ version: z.literal(1), pass: z.string(), state: z.json() });
export type CheckpointFile = z.infer<typeof CheckpointFile>;

export type SavedState = {
  readonly pass: string;
  readonly state: unknown;
  readonly nextSegment: number;
  /** 0 to 1 over the whole job. */
  readonly fraction: number;
};

/** Writes the checkpoints of one attempt, each under a name of its own: a torn upload never damages an older one. */
export class CheckpointWriter {
  readonly #lease: Pick<JobLease, "blobsUrl">;
  readonly #reports: Pick<ReportQueue, "send">;
  readonly #signal: AbortSignal;
  #written = 0;

  constructor(lease: Pick<JobLease, "blobsUrl">, reports: Pick<ReportQueue, "send">, signal: AbortSignal) {
    this.#lease = lease;
    this.#reports = reports;
    this.#signal = signal;
  }

  /** Resolves when the checkpoint is committed. Throws `BlobFault` or `ReportsEnded`. */
  async write({ pass, state, nextSegment, fraction }: SavedState): Promise<void> {
    this.#written += 1;
    const file = CheckpointFile.parse({ version: 1, pass, state });
    const blob = await uploadBlob({
      blobsUrl: this.#lease.blobsUrl,
      name: `checkpoint-${String(this.#written).padStart(6, "0")}.json`,
      bytes: new TextEncoder().encode(JSON.stringify(file)),
      contentType: "application/json",
      signal: this.#signal,
    });
    await this.#reports.send({ type: "checkpoint", blob, fraction, nextSegment });
  }
}

/** The first that can be read, newest first; null where none can: then work begins anew. */
export async function readNewest(
  checkpoints: readonly JobLease["checkpoint"][],
  folder: string,
  log: Log,
  signal: AbortSignal,
): Promise<CheckpointFile | null> {
  for (const checkpoint of checkpoints) {
    const file = checkpoint === null ? null : await readCheckpoint(checkpoint, folder, log, signal);
    if (file !== null) return file;
  }
  return null;
}

async function readCheckpoint(
  checkpoint: NonNullable<JobLease["checkpoint"]>,
  folder: string,
  log: Log,
  signal: AbortSignal,
): Promise<CheckpointFile | null> {
  const path = join(folder, "checkpoint.json");
  const { sizeBytes, sha256 } = checkpoint.blob;
  try {
    await downloadBlob({ url: checkpoint.url, path, sizeBytes, sha256, signal });
    return CheckpointFile.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    if (!(error instanceof BlobFault || error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
    log("checkpoint_unreadable", { detail: error.name });
    return null;
  }
}
