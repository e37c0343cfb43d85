/** When keys were used last: written at most once a minute per key, after the answer, so that no answer waits for it. */
const EVERY_MS = 60_000;

type Store = { noteUse(keyId: string, atMs: number): void };

export class KeyUses {
  readonly #store: Store;
  readonly #later: (work: Promise<void>) => void;
  readonly #writtenMs = new Map<string, number>();

  /** `later` keeps the object alive until the work is done. */
  constructor(store: Store, later: (work: Promise<void>) => void) {
    this.#store = store;
    this.#later = later;
  }

  note(keyId: string, nowMs: number): void {
    if (nowMs - (this.#writtenMs.get(keyId) ?? 0) < EVERY_MS) return;
    this.#writtenMs.set(keyId, nowMs);
    this.#later(this.#write(keyId, nowMs));
  }

  /** A pause first: a write in the event of the answer would hold the answer back until it is durable. */
  async #write(keyId: string, nowMs: number): Promise<void> {
    await scheduler.wait(10);
    this.#store.noteUse(keyId, nowMs);
  }
}
