/** Sends dead letters to their queues again. */
import type { QueueName } from "../../shared/contracts/dead-letters.ts";
import type { OpenLetter } from "./dead-letters.ts";

/** What a queue takes at once: 100 messages, 256 KB; the rest of the bytes is the platform's own. */
const BATCH_MESSAGES = 100;
const BATCH_BYTES = 200_000;

type Producer = Pick<Queue, "sendBatch">;

/**
 * Oldest first per queue. `sent` is told of every batch the queue took, so that a fault in the middle leaves open
 * exactly what was not taken. Throws when a queue does not take a batch.
 */
export async function sendAgain(
  letters: readonly OpenLetter[],
  producers: Readonly<Record<QueueName, Producer>>,
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
