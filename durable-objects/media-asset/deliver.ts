/** Where an asset's outbox rows go. Throws when a row did not arrive. */
import { z } from "zod";
import { IndexMessage, InspectMessage } from "../../shared/contracts/queues.ts";
import { gpuJob } from "../addresses.ts";
import { JobSpec } from "../gpu-job/core/spec.ts";
import type { OutboxRow } from "../runtime/outbox.ts";
import { HELD } from "./core/effects.ts";

/** PERSISTED CONTRACT: rows wait in the outbox across a deploy. */
const JobCommand = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("submit"), jobId: z.string(), spec: JobSpec }),
  z.strictObject({ command: z.literal("cancel"), jobId: z.string(), tenant: z.string() }),
]);

const Tidy = z.strictObject({ sha256: z.string() });

/** What the object does for its own rows. */
export type AssetDelivery = {
  readonly seq: () => number;
  /** What of the job is still to do once the step cache has been asked; null when nothing is. */
  readonly reuse: (jobId: string, spec: JobSpec) => Promise<JobSpec | null>;
  /** `sha256`: of the content that was analysed. */
  readonly tidy: (sha256: string) => Promise<void>;
  /** Tells the tenant what the asset holds by now. */
  readonly tellHeld: () => Promise<void>;
};

export async function deliverAsset(env: Env, row: OutboxRow, own: AssetDelivery): Promise<void> {
  switch (row.target) {
    case "queue:inspect":
      await env.INSPECT_QUEUE.send(InspectMessage.parse(row.body));
      return;
    case "queue:index":
      await env.INDEX_QUEUE.send(IndexMessage.parse({ ...Object(row.body), seq: own.seq() }));
      return;
    case "object:gpu-job":
      await commandJob(env, JobCommand.parse(row.body), own, row.attempts > 0);
      return;
    case HELD.target:
      await own.tellHeld();
      return;
    case "own":
      await own.tidy(Tidy.parse(row.body).sha256);
      return;
    default:
      throw new Error(`Unknown target ${row.target}`);
  }
}

async function commandJob(
  env: Env,
  command: z.infer<typeof JobCommand>,
  own: AssetDelivery,
  sentBefore: boolean,
): Promise<void> {
  if (command.command === "cancel") {
    // A job that was never submitted, or has ended, needs no canceling.
    await gpuJob(env, command.tenant, command.jobId).cancel();
    return;
  }
  const spec = await own.reuse(command.jobId, command.spec);
  if (spec === null) {
    // A submission whose answer was lost may have begun what the cache now has.
    if (sentBefore) await gpuJob(env, command.spec.tenant, command.jobId).cancel();
    return;
  }
  const answer = await gpuJob(env, spec.tenant, command.jobId).submit(command.jobId, spec);
  if (!answer.ok) throw new Error(`The job refused: ${answer.error.code}`);
}
