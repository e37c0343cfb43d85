import type {
  DeadLetter,
  DeadLetterPage,
  DeadLettersRpc,
  QueueName,
  Redriven,
} from "../../../shared/contracts/dead-letters.ts";
import type { Repeatable } from "../../../shared/contracts/once.ts";
import { ok, refuse } from "../../../shared/core/result.ts";

const notFound = refuse({ code: "not_found" as const, detail: "There is no such dead letter." });

/** The dead letters of one tenant in memory; `sent` lists the ids in the order in which they were sent again. */
export class FakeDeadLetters implements DeadLettersRpc {
  readonly sent: string[] = [];
  #letters: readonly DeadLetter[];

  constructor(letters: readonly DeadLetter[]) {
    this.#letters = letters;
  }

  async deadLetters({ queue, status, limit, after }: DeadLetterPage) {
    const place = (letter: { firstFailedAt: string; id: string }): string => `${letter.firstFailedAt} ${letter.id}`;
    const letters = this.#letters
      .filter((letter) => (queue === null || letter.queue === queue) && (status === null || letter.status === status))
      .filter((letter) => after === null || place(letter) < place(after))
      .toSorted((a, b) => (place(a) < place(b) ? 1 : -1));
    return { letters: letters.slice(0, limit), dropped: 2 };
  }

  async deadLetter(id: string) {
    const letter = this.#letters.find((each) => each.id === id);
    return letter === undefined ? notFound : ok(letter);
  }

  async redrive(id: string) {
    const found = await this.deadLetter(id);
    if (!found.ok) return found;
    if (found.value.status === "purged") {
      return refuse({ code: "dead_letter_purged" as const, detail: "What the message said is forgotten." });
    }
    if (found.value.status === "open") this.sent.push(id);
    return ok(this.#set(found.value, "redriven"));
  }

  async redriveAll({ queue, limit }: { queue: QueueName | null; limit: number }): Repeatable<Redriven> {
    const open = this.#letters.filter(
      (letter) => letter.status === "open" && (queue === null || letter.queue === queue),
    );
    for (const letter of open.slice(0, limit)) await this.redrive(letter.id);
    return ok({ redriven: Math.min(limit, open.length), remaining: Math.max(0, open.length - limit) });
  }

  async purge(id: string) {
    const found = await this.deadLetter(id);
    if (!found.ok) return found;
    this.#set({ ...found.value, body: null }, "purged");
    return ok(null);
  }

  #set(letter: DeadLetter, status: DeadLetter["status"]): DeadLetter {
    const changed = { ...letter, status };
    this.#letters = this.#letters.map((each) => (each.id === letter.id ? changed : each));
    return changed;
  }
}
