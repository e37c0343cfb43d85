/** Delivers what the counted queues hold to AIMA's real consumers, in the largest batches that they may be given. */
import inspector from "../../workers/inspector/index.ts";
import { consumeInto } from "../../workers/queues/consume.ts";
import type { AssetIndex } from "../../shared/ports/asset-index.ts";
import type { UserIndex } from "../../shared/ports/user-index.ts";
import type { VectorIndex } from "../../shared/ports/vector-index.ts";
import { count, counts } from "./counts.ts";
import { type BenchEnv, pending } from "./counted-env.ts";

/** Delivers until nothing is pending; resolves with the number of messages. */
export async function deliverAll(env: BenchEnv): Promise<number> {
  let delivered = 0;
  while (pending.length > 0) {
    const { queue } = pending[0] ?? { queue: "" };
    const batchSize = Object.values(env.BENCH_QUEUES).find((each) => each.queue === queue)?.batchSize ?? 1;
    const bodies: unknown[] = [];
    for (let at = 0; at < pending.length && bodies.length < batchSize;) {
      if (pending[at]?.queue === queue) bodies.push(...pending.splice(at, 1).map(({ body }) => body));
      else at += 1;
    }
    count(counts.workerRequests, `queue ${queue}`);
    await consume(queue, bodies, env);
    delivered += bodies.length;
  }
  return delivered;
}

async function consume(queue: string, bodies: readonly unknown[], env: BenchEnv): Promise<void> {
  // SAFETY: the consumers read the name and the messages, and nothing else of a batch.
  const batch = { queue, messages: bodies.map(message) } as unknown as MessageBatch;
  await (queue === env.BENCH_QUEUES["INSPECT_QUEUE"]?.queue ? inspector.queue(batch, env) : consumeMain(batch, env));
}

const message = (body: unknown, index: number): unknown => ({
  id: String(index),
  timestamp: new Date(),
  body,
  attempts: 1,
  ack: () => undefined,
  retry: () => {
    throw new Error("A message failed; see the log of workerd.");
  },
});

const indexed = new Map<string, number>();

/** Counts the calls that go to Postgres in a deployment. */
const index = {
  indexedSeq: async (tenant, assetId) => {
    counts.databaseCalls += 1;
    return indexed.get(`${tenant}/${assetId}`) ?? 0;
  },
  apply: async (tenant, change) => {
    counts.databaseCalls += 1;
    indexed.set(`${tenant}/${change.assetId}`, change.toSeq);
    return change.toSeq;
  },
} as Pick<AssetIndex, "indexedSeq" | "apply"> as AssetIndex;

const vectors = {
  upsert: async () => {
    counts.databaseCalls += 1;
  },
} as Pick<VectorIndex, "upsert"> as VectorIndex;

// Jobs change no user.
const users = {} as UserIndex;

const consumeMain = consumeInto(() => ({ index, vectors, users }));
