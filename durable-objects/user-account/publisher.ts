/** Tells the list of users what has changed: a message that names the user, again and again until its consumer confirms. */
import type { Outbox } from "../runtime/outbox.ts";
import { LIST_TARGET } from "./account.ts";

type Queue = { send(body: unknown): Promise<unknown> };

export class Publisher {
  readonly #outbox: Outbox;
  readonly #queue: Queue;
  readonly #fault: (error: unknown) => void;
  #underWay: Promise<void> | null = null;
  #asked = false;

  /** `fault` is told why a message did not go out. */
  constructor(outbox: Outbox, queue: Queue, fault: (error: unknown) => void) {
    this.#outbox = outbox;
    this.#queue = queue;
    this.#fault = fault;
  }

  /** Never rejects: what does not go out is due again later. */
  async publish(): Promise<void> {
    this.#asked = true;
    this.#underWay ??= this.#publishDue().finally(() => {
      this.#underWay = null;
    });
    await this.#underWay;
  }

  async #publishDue(): Promise<void> {
    while (this.#asked) {
      this.#asked = false;
      const [row] = this.#outbox.due(LIST_TARGET, Date.now());
      if (row === undefined) return;
      try {
        await this.#queue.send(row.body);
        this.#outbox.delivered(row, Date.now(), Math.random());
      } catch (error) {
        this.#outbox.failed(row, Date.now(), Math.random());
        this.#fault(error);
      }
    }
  }
}
