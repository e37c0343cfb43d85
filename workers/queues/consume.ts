/**
 * Consumer of all queues of this Worker. Messages about the same asset, user or job are acted on once, together; one that
 * fails is retried without the others of its batch.
 */
import type { z } from "zod";
import type { QueueName } from "../../shared/contracts/dead-letters.ts";
import { IndexMessage, PlaceMessage, UserMessage } from "../../shared/contracts/queues.ts";
import type { AssetIndex } from "../../shared/ports/asset-index.ts";
import type { UserIndex } from "../../shared/ports/user-index.ts";
import type { VectorIndex } from "../../shared/ports/vector-index.ts";
import { mediaAsset, userAccount } from "../../durable-objects/addresses.ts";
import { keepDeadLetter, noteLastError, takeDeadLetter } from "./dead-letters.ts";
import { deletedTenants } from "./deleted-tenants.ts";
import { indexAsset } from "./index-asset.ts";
import { listUser } from "./list-user.ts";
import { placeJob } from "./place-job.ts";
import { TRIES } from "./tries.ts";

const RETRY_SECONDS = [2, 5, 10, 30];
/** A dead letter that cannot be kept waits for its tenant's object: 100 tries of five minutes are eight hours. */
const DEAD_LETTER_RETRY_SECONDS = 300;

export type Indexes = (env: Env) => {
  readonly index: AssetIndex;
  readonly vectors: VectorIndex;
  readonly users: UserIndex;
};

type Consumer<M> = {
  readonly read: (body: unknown) => z.ZodSafeParseResult<M>;
  /** Messages with one name are about the same thing. */
  readonly entity: (message: M) => string;
  /** `attempt` counts from 1; throwing asks for another. */
  readonly act: (message: M, env: Env, attempt: number) => Promise<void>;
};

const QUEUE = /^aima-(inspect|place|index)(-dlq)?(?:-dev|-staging)?$/;

const place: Consumer<PlaceMessage> = {
  read: (body) => PlaceMessage.safeParse(body),
  entity: ({ tenant, jobId }) => `${tenant}/${jobId}`,
  act: placeJob,
};

const indexing = (indexes: Indexes, isDeleted = deletedTenants()): Consumer<IndexMessage | UserMessage> => ({
  // By what it is about, so that a malformed one is told what it lacks.
  read: (body) => (namesUser(body) ? UserMessage : IndexMessage).safeParse(body),
  entity: (message) => `${message.tenant}/${"userId" in message ? message.userId : message.assetId}`,
  act: async (message, env, attempt) => {
    const { index, vectors, users } = indexes(env);
    if ("userId" in message) {
      await listUser(message, userAccount(env, message.tenant, message.userId), users);
      return;
    }
    const { tenant, assetId } = message;
    if (await isDeleted(env, tenant, assetId)) return;
    await indexAsset({ tenant, assetId, attempt }, mediaAsset(env, tenant, assetId), index, vectors);
  },
});

const namesUser = (body: unknown): boolean => typeof body === "object" && body !== null && "userId" in body;

/** The consumer of all queues, publishing into these indexes. */
export function consumeInto(indexes: Indexes): (batch: MessageBatch, env: Env) => Promise<void> {
  const index = indexing(indexes);
  return async (batch, env) => {
    const [, name, dead] = QUEUE.exec(batch.queue) ?? [];
    // SAFETY: the pattern matches these three.
    const queue = name as QueueName | undefined;
    if (queue !== undefined && dead !== undefined) {
      await Promise.all(batch.messages.map((message) => bury(queue, message, env)));
    } else if (queue === "place") {
      await actOnAll(queue, place, batch.messages, env);
    } else if (queue === "index") {
      await actOnAll(queue, index, batch.messages, env);
    } else {
      throw new Error(`No consumer for queue ${batch.queue}`);
    }
  };
}

async function actOnAll<M>(
  queue: QueueName,
  consumer: Consumer<M>,
  messages: readonly Message[],
  env: Env,
): Promise<void> {
  const parsed = messages.map((message) => ({ message, read: consumer.read(message.body) }));
  const groups = Map.groupBy(parsed, ({ message, read }) =>
    read.success ? consumer.entity(read.data) : `malformed/${message.id}`,
  );
  await Promise.all(
    [...groups.values()].map(async (group) => {
      const [first] = group;
      if (first === undefined) return;
      const { read } = first;
      if (!read.success) {
        // What no release understands will not be understood on the next try either.
        await refuseMalformed(queue, first.message, read.error, env);
        return;
      }
      const own = group.map(({ message }) => message);
      const attempt = Math.max(...own.map(({ attempts }) => attempts));
      try {
        await consumer.act(read.data, env, attempt);
        for (const message of own) message.ack();
      } catch (error) {
        await Promise.all(own.map((message) => retryLater(queue, message, error, env)));
      }
    }),
  );
}

async function retryLater(queue: QueueName, message: Message, error: unknown, env: Env): Promise<void> {
  const { attempts } = message;
  log("message_failed", queue, attempts, error);
  if (attempts >= TRIES[queue]) {
    await noteLastError(env, queue, message.body, textOf(error)).catch((fault: unknown) =>
      log("note_failed", queue, attempts, fault),
    );
  }
  message.retry({ delaySeconds: RETRY_SECONDS[Math.min(attempts, RETRY_SECONDS.length) - 1] ?? 30 });
}

async function refuseMalformed(queue: QueueName, message: Message, error: z.ZodError, env: Env): Promise<void> {
  const { body, id: messageId, attempts } = message;
  const fields = error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  try {
    await keepDeadLetter(env, { queue, body, messageId, attempts, error: `malformed message: ${fields}` });
    message.ack();
  } catch (fault) {
    log("dead_letter_not_kept", queue, attempts, fault);
    message.retry({ delaySeconds: RETRY_SECONDS.at(-1) ?? 30 });
  }
}

async function bury(queue: QueueName, message: Message, env: Env): Promise<void> {
  try {
    await takeDeadLetter(queue, message, env);
    message.ack();
  } catch (fault) {
    log("dead_letter_not_kept", queue, message.attempts, fault);
    message.retry({ delaySeconds: DEAD_LETTER_RETRY_SECONDS });
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function log(event: string, queue: QueueName, attempts: number, error: unknown): void {
  // eslint-disable-next-line no-console -- the platform's log is the console
  console.warn(JSON.stringify({ event, queue, attempts, error: textOf(error) }));
}
