/** What happened in a run, line by line: the same seed gives the same lines. */
import { createHash } from "node:crypto";

export class Trace {
  readonly #lines: string[] = [];
  readonly #hash = createHash("sha256");
  readonly #nowMs: () => number;
  readonly #keep: number;

  constructor(nowMs: () => number, keep = 200_000) {
    this.#nowMs = nowMs;
    this.#keep = keep;
  }

  add(who: string, what: string): void {
    const line = `${String(this.#nowMs()).padStart(9)} ${who} ${what}`;
    this.#hash.update(line).update("\n");
    if (this.#lines.length < this.#keep) this.#lines.push(line);
  }

  digest(): string {
    return this.#hash.copy().digest("hex").slice(0, 16);
  }

  /** The last lines in which one of the words occurs. */
  last(words: readonly string[], limit: number): string[] {
    return this.#lines.filter((line) => words.some((word) => line.includes(word))).slice(-limit);
  }
}
