/** Every message is acted on by itself: one that fails is retried alone, the others of its batch are done. */
import { z } from "zod";
import { composition } from "../composition.ts";
import { quarantineUninspectable, reportDeadLetter } from "./dead-letters.ts";
import { indexAsset } from "./index-asset.ts";
import { placeJob } from "./place-job.ts";

const RETRY_SECONDS = [2, 5, 10, 30, 60];

type Consumer = (body: unknown, env: Env) => void | Promise<void>;

const CONSUMERS: readonly (readonly [prefix: string, consume: Consumer])[] = [
  ["aima-inspect-dlq", (body, env) => quarantineUninspectable(body, env)],
  ["aima-place-dlq", (body) => reportDeadLetter("place", body)],
  ["aima-index-dlq", (body) => reportDeadLetter("index", body)],
  ["aima-place", (body, env) => placeJob(body, env)],
  [
    "aima-index",
    (body, env) => {
      const { index, vectors } = composition(env);
      return indexAsset(body, env, index, vectors);
    },
  ],
];

export async function consume(batch: MessageBatch, env: Env): Promise<void> {
  const consumer = CONSUMERS.find(([prefix]) => batch.queue.startsWith(prefix))?.[1];
  if (consumer === undefined) throw new Error(`No consumer for queue ${batch.queue}`);
  await Promise.all(batch.messages.map((message) => consumeOne(message, env, consumer, batch.queue)));
}

async function consumeOne(message: Message, env: Env, consumer: Consumer, queue: string): Promise<void> {
  try {
    await consumer(message.body, env);
    message.ack();
  } catch (error) {
    if (error instanceof z.ZodError) {
      // A message that no release understands will not be understood on the next try either.
      reportDeadLetter(queue, "malformed message");
      message.ack();
      return;
    }
    // eslint-disable-next-line no-console -- the platform's log is the console
    console.warn(
      JSON.stringify({
        event: "message_failed",
        queue,
        attempts: message.attempts,
        error: error instanceof Error ? error.message : String(error),
      }),
    );
    message.retry({ delaySeconds: RETRY_SECONDS[Math.min(message.attempts, RETRY_SECONDS.length) - 1] ?? 60 });
  }
}
