/**
 * Sends dead letters to their queues again.
 *
 * R1 Under a key the letters are chosen once, and the choice is durable before the first is sent: whoever repeats the
 *    request after a fault or a crash sends what is left of the choice, and no others.
 * R2 A letter is sent before it is marked: an end in between sends it twice, never not at all.
 * R3 While a request is at work, its key is answered with `idempotency_in_flight`. That is known in memory only: with
 *    the object ends the request too.
 */
import type { DeadLetter, QueueName, Redriven } from "../../shared/contracts/dead-letters.ts";
import type { Once, Repeatable } from "../../shared/contracts/once.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { Idempotency } from "../runtime/idempotency.ts";
import type { ChosenLetter, DeadLetterStore, OpenLetter } from "./dead-letters.ts";

/** What a queue takes at once: 100 messages, 256 KB; the rest of the bytes is the platform's own. */
const BATCH_MESSAGES = 100;
const BATCH_BYTES = 200_000;

type Producers = Readonly<Record<QueueName, Pick<Queue, "sendBatch">>>;

/** What is kept under a key: the choice while it is being sent, the answer when it is. PERSISTED CONTRACT. */
type Kept<T> = { readonly chosen: readonly ChosenLetter[] } | { readonly answer: T | null };

type Request<T> = {
  readonly choose: () => Result<readonly OpenLetter[], Refusal>;
  readonly answer: (chosen: number) => Result<T, Refusal>;
  /** What is kept of the answer; null for what is to be read anew. */
  readonly keep: (answer: T) => T | null;
};

export class Redrives {
  readonly #letters: DeadLetterStore;
  readonly #idempotency: Idempotency;
  readonly #producers: () => Producers;
  /** Fingerprints of the requests at work, by key. */
  readonly #atWork = new Map<string, string>();

  constructor(storage: DurableObjectStorage, letters: DeadLetterStore, producers: () => Producers) {
    this.#letters = letters;
    this.#idempotency = new Idempotency(storage.sql);
    this.#producers = producers;
  }

  async one(id: string, once: Once | null): Repeatable<DeadLetter> {
    return this.#once(once, {
      choose: () => {
        const status = this.#letters.get(id)?.status;
        if (status === undefined) return noLetter;
        return status === "purged" ? forgotten : ok(this.#letters.open({ id, queue: null, limit: 1 }));
      },
      answer: () => {
        const letter = this.#letters.get(id);
        return letter === null ? noLetter : ok(letter);
      },
      keep: () => null,
    });
  }

  async all(filter: { queue: QueueName | null; limit: number }, once: Once | null): Repeatable<Redriven> {
    return this.#once(once, {
      choose: () => ok(this.#letters.open({ id: null, ...filter })),
      answer: (chosen) => ok({ redriven: chosen, remaining: this.#letters.countOpen(filter.queue) }),
      keep: (answer) => answer,
    });
  }

  async #once<T>(once: Once | null, request: Request<T>): Repeatable<T> {
    if (once === null) {
      const chosen = request.choose();
      return chosen.ok ? this.#carryOut(chosen.value, request) : chosen;
    }
    const kept = this.#kept<T>(once);
    if (!kept.ok) return kept;
    if (kept.value !== null && "answer" in kept.value) {
      const { answer } = kept.value;
      return { ...(answer === null ? request.answer(0) : ok(answer)), replayed: true };
    }
    const chosen = kept.value === null ? request.choose() : ok(kept.value.chosen);
    if (!chosen.ok) return chosen;
    const letters = chosen.value.map(({ id, arrivals }) => ({ id, arrivals }));
    if (letters.length > 0) this.#record<T>(once, { chosen: letters });
    this.#atWork.set(once.key, once.fingerprint);
    try {
      const answer = await this.#carryOut(letters, request);
      if (answer.ok) this.#record<T>(once, { answer: request.keep(answer.value) });
      return answer;
    } finally {
      this.#atWork.delete(once.key);
    }
  }

  /** Null for a key that nobody has used. Refused while its request is at work (R3), and for another request. */
  #kept<T>({ key, fingerprint }: Once): Result<Kept<T> | null, Refusal> {
    const atWork = this.#atWork.get(key);
    if (atWork !== undefined) return atWork === fingerprint ? inFlight : conflict;
    const known = this.#idempotency.look(key, fingerprint, Date.now());
    if (known.kind === "conflict") return conflict;
    // SAFETY: recorded below; the key has the operation in it.
    return ok(known.kind === "same" ? (known.reply as Kept<T>) : null);
  }

  #record<T>({ key, fingerprint }: Once, kept: Kept<T>): void {
    this.#idempotency.record(key, fingerprint, kept, Date.now());
  }

  async #carryOut<T>(letters: readonly ChosenLetter[], { answer }: Request<T>): Promise<Result<T, Refusal>> {
    try {
      // R2.
      const open = this.#letters.stillOpen(letters);
      await sendAgain(open, this.#producers(), (sent) => this.#letters.redriven(sent));
    } catch (error) {
      // eslint-disable-next-line no-console -- the platform's log is the console
      console.error(
        JSON.stringify({ event: "redrive_failed", error: error instanceof Error ? error.message : String(error) }),
      );
      return refuse({ code: "queue_unavailable", detail: "The queue did not take the message." });
    }
    return answer(letters.length);
  }
}

export const noLetter = refuse<Refusal>({ code: "not_found", detail: "There is no such dead letter." });
const forgotten = refuse<Refusal>({ code: "dead_letter_purged", detail: "What the message said is forgotten." });
const conflict = refuse<Refusal>({
  code: "idempotency_conflict",
  detail: "The key was used with another request.",
});
const inFlight = refuse<Refusal>({
  code: "idempotency_in_flight",
  detail: "The request with this key is at work; ask again when it has been answered.",
});

/**
 * Oldest first per queue. `sent` is told of every batch the queue took, so that a fault in the middle leaves open
 * exactly what was not taken. Throws when a queue does not take a batch.
 */
async function sendAgain(
  letters: readonly OpenLetter[],
  producers: Producers,
  sent: (letters: readonly OpenLetter[]) => void,
): Promise<void> {
  for (const [queue, ofQueue] of Map.groupBy(letters, (letter) => letter.queue)) {
    for (const batch of batches(ofQueue)) {
      await producers[queue].sendBatch(batch.map(({ body }) => ({ body })));
      sent(batch);
    }
  }
}

function batches(letters: readonly OpenLetter[]): OpenLetter[][] {
  const made: OpenLetter[][] = [];
  let bytes = 0;
  for (const letter of letters) {
    const own = new TextEncoder().encode(JSON.stringify(letter.body)).length;
    const open = made.at(-1);
    if (open === undefined || open.length === BATCH_MESSAGES || bytes + own > BATCH_BYTES) {
      made.push([letter]);
      bytes = own;
    } else {
      open.push(letter);
      bytes += own;
    }
  }
  return made;
}
