/** Cuts a journal's bytes into its items, in bounded memory: the lines of JSON Lines, or the elements of a JSON array. */
import { ArrayCutter, isSpace } from "./array-cutter.ts";
import { Rest, textOf } from "./rest.ts";

/** One item with the line that it begins on, from 1; `text` is null when its bytes are not UTF-8. */
export type Item = { readonly text: string | null; readonly line: number };

const NEWLINE = 10;
const OPEN_ARRAY = 91;
const nothing = Buffer.alloc(0);

/** The items of a journal, a batch per chunk. Throws `RangeError` for an item that is too long to be one. */
export async function* itemBatches(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Item[]> {
  let cutter: ArrayCutter | LineCutter | null = null;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    // A whole chunk of white space begins no array, and is blank lines otherwise: the first one decides.
    cutter ??= bytes.find((byte) => !isSpace(byte)) === OPEN_ARRAY ? new ArrayCutter() : new LineCutter();
    yield cutter.cut(bytes);
  }
  if (cutter !== null) yield cutter.end();
}

class LineCutter {
  readonly #rest = new Rest();
  #line = 0;

  /** The lines that end in this chunk. Throws `RangeError` for one that is too long. */
  cut(bytes: Buffer): Item[] {
    const end = bytes.lastIndexOf(NEWLINE);
    if (end < 0) {
      this.#rest.add(bytes);
      return [];
    }
    const whole = this.#rest.take(bytes.subarray(0, end));
    this.#rest.add(bytes.subarray(end + 1));
    return (
      textOf(whole)
        ?.split("\n")
        .map((text) => this.#item(text)) ?? this.#oneByOne(whole)
    );
  }

  /** A last line without its newline. */
  end(): Item[] {
    return this.#rest.isEmpty ? [] : [this.#item(textOf(this.#rest.take(nothing)))];
  }

  #item(text: string | null): Item {
    return { text, line: (this.#line += 1) };
  }

  /** Names the lines that are not UTF-8. No byte of a longer character is a newline. */
  #oneByOne(whole: Buffer): Item[] {
    const items: Item[] = [];
    for (let start = 0; start <= whole.length;) {
      const found = whole.indexOf(NEWLINE, start);
      const stop = found < 0 ? whole.length : found;
      items.push(this.#item(textOf(whole.subarray(start, stop))));
      start = stop + 1;
    }
    return items;
  }
}
