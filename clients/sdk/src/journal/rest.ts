import { isUtf8 } from "node:buffer";

/** A row of a journal has 2 MB at most; a longer item is none. */
const MAX_ITEM_BYTES = 4 * 1024 * 1024;

/** Null for bytes that are not UTF-8. */
export const textOf = (bytes: Buffer): string | null => (isUtf8(bytes) ? bytes.toString("utf8") : null);

/** Bytes that no item is complete of yet. Throws `RangeError` when they are too many. */
export class Rest {
  #parts: Buffer[] = [];
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > MAX_ITEM_BYTES) throw new RangeError(`an item is longer than ${MAX_ITEM_BYTES} bytes`);
    if (bytes.length > 0) this.#parts.push(Buffer.from(bytes));
  }

  take(last: Buffer): Buffer {
    const whole = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#length = 0;
    return whole;
  }
}
