/** Between the Worker and its queues: a Worker that logs every message and passes it on. */
import type { configuredWorker } from "../../local/workers/configured-worker.ts";

type Worker = ReturnType<typeof configuredWorker>;
type Producers = Readonly<Record<string, { readonly queueName: string }>>;

/** What its lines of the log begin with. */
export const TAPPED = "queued ";

const PREFIX = "tap-";

const SCRIPT = `export default {
  async queue(batch, env) {
    const queue = batch.queue.slice(${PREFIX.length});
    for (const { body } of batch.messages) {
      console.log(${JSON.stringify(TAPPED)} + queue + " " + JSON.stringify(body));
      await env[queue].send(body);
    }
  },
};`;

/** The Worker with the tap, which its messages go through. */
export function tapped(worker: Worker): Worker[] {
  // SAFETY: as the tool that configures the Worker makes them.
  const { queueProducers } = worker as unknown as { readonly queueProducers: Producers };
  const queues = Object.values(queueProducers).map(({ queueName }) => queueName);
  const tap = {
    name: "queue-tap",
    modules: true,
    script: SCRIPT,
    compatibilityDate: "2026-10-20",
    queueProducers: Object.fromEntries(queues.map((queueName) => [queueName, { queueName }])),
    queueConsumers: Object.fromEntries(queues.map((queueName) => [PREFIX + queueName, { maxBatchTimeout: 0 }])),
  };
  const led = Object.entries(queueProducers).map(([binding, { queueName }]) => [
    binding,
    { queueName: PREFIX + queueName },
  ]);
  return [{ ...worker, queueProducers: Object.fromEntries(led) }, tap] as Worker[];
}
