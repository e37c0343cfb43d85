/**
 * Messages that no consumer could act on. They are kept until somebody sends them again or throws them away; since a
 * message only names the object that has the content, sending one again, late or twice, does no harm.
 */
import { z } from "zod";
import type { Refusable } from "./objects.ts";
import type { Once, Repeatable } from "./once.ts";

/** Queues that a dead letter can come from, and go back to. */
export const QueueName = z.enum(["inspect", "place", "index"]);
export type QueueName = z.infer<typeof QueueName>;

export const DeadLetterId = z.string().regex(/^dlt_[0-9a-f]{32}$/);

/** `open` waits for somebody, `redriven` was sent to its queue again, `purged` was thrown away. */
export const DeadLetterStatus = z.enum(["open", "redriven", "purged"]);
export type DeadLetterStatus = z.infer<typeof DeadLetterStatus>;

const instant = z.iso.datetime({ offset: true });

export const DeadLetter = z.strictObject({
  /** Derived from queue and content: the same message failing again is the same dead letter. */
  id: DeadLetterId,
  queue: QueueName,
  /** The asset or job that the message names; null when it names none. */
  entity: z.string().nullable(),
  /** The message; null once it is purged. */
  body: z.json(),
  status: DeadLetterStatus,
  /** Failed tries, all deliveries together. */
  attempts: z.int().min(1),
  /** What the last try failed with; null when the consumer could not tell. */
  lastError: z.string().nullable(),
  firstFailedAt: instant,
  lastFailedAt: instant,
});
export type DeadLetter = z.infer<typeof DeadLetter>;

export type DeadLetterPage = {
  readonly queue: QueueName | null;
  readonly status: DeadLetterStatus | null;
  readonly limit: number;
  /** Continue after this letter; the list is ordered by `(firstFailedAt, id)`, newest first. */
  readonly after: { readonly firstFailedAt: string; readonly id: string } | null;
};

/** What arrives on a dead-letter queue. */
export type FailedMessage = {
  readonly queue: QueueName;
  readonly body: unknown;
  /** The platform's id of this arrival: the same arrival delivered twice counts once. */
  readonly messageId: string;
  /** Tries that failed before this arrival. */
  readonly attempts: number;
  /** Null for what the note of the last try says, if there is one. */
  readonly error: string | null;
};

export type Redriven = { readonly redriven: number; readonly remaining: number };

/** What the API may ask of a tenant's dead letters. */
export interface DeadLettersRpc {
  deadLetters(page: DeadLetterPage): Promise<{ letters: DeadLetter[]; dropped: number }>;
  deadLetter(id: string): Refusable<DeadLetter>;
  /**
   * Sends the message to its queue again. Repeated, it sends nothing; repeated under the same key, not even what has
   * failed again since. The answer is the letter as it is by then: its message may be forgotten, so it is kept nowhere else.
   */
  redrive(id: string, once?: Once | null): Repeatable<DeadLetter>;
  /**
   * Sends the oldest open letters again, at most `limit`; `remaining` are still open. Under a key the letters are chosen
   * once: after a fault or a crash a repetition sends what is left of them; after the end it answers the same. While it is
   * at work: `idempotency_in_flight`.
   */
  redriveAll(filter: { queue: QueueName | null; limit: number }, once?: Once | null): Repeatable<Redriven>;
  purge(id: string): Refusable<null>;
}
