/** Where an asset's outbox rows go. Throws when a row did not arrive. */
import { z } from "zod";
import { IndexMessage, InspectMessage } from "../../shared/contracts/queues.ts";
import { gpuJob } from "../addresses.ts";
import type { OutboxRow } from "../runtime/outbox.ts";
import { JobSpec } from "../gpu-job/core/spec.ts";

const JobCommand = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("submit"), jobId: z.string(), spec: JobSpec }),
  z.strictObject({ command: z.literal("cancel"), jobId: z.string(), tenant: z.string() }),
]);

export async function deliverAsset(env: Env, row: OutboxRow, seq: number): Promise<void> {
  switch (row.target) {
    case "queue:inspect":
      await env.INSPECT_QUEUE.send(InspectMessage.parse(row.body));
      return;
    case "queue:index":
      await env.INDEX_QUEUE.send(IndexMessage.parse({ ...Object(row.body), seq }));
      return;
    case "object:gpu-job":
      await commandJob(env, JobCommand.parse(row.body));
      return;
    default:
      throw new Error(`Unknown target ${row.target}`);
  }
}

async function commandJob(env: Env, command: z.infer<typeof JobCommand>): Promise<void> {
  const tenant = command.command === "submit" ? command.spec.tenant : command.tenant;
  const job = gpuJob(env, tenant, command.jobId);
  const answer = command.command === "submit" ? await job.submit(command.jobId, command.spec) : await job.cancel();
  // A job that was never submitted, or has ended, needs no canceling.
  if (!answer.ok && command.command === "submit") throw new Error(`The job refused: ${answer.error.code}`);
}
