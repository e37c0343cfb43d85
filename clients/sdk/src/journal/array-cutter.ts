import type { Item } from "./items.ts";
import { Rest, textOf } from "./rest.ts";

const NEWLINE = 10;
const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
export const isSpace = (byte: number): boolean => byte === 32 || byte === 9 || byte === 13 || byte === NEWLINE;

/** The text of an item where none may be, such as between two commas. */
const NO_JSON = ",";

/** Cuts the bytes of one JSON array into its elements, whatever they are: their own syntax is for a parser to check. */
export class ArrayCutter {
  readonly #rest = new Rest();
  #items: Item[] = [];
  #line = 1;
  #depth = 0;
  #closed = false;
  #trailing = false;
  #inString = false;
  #escaped = false;
  #elements = 0;
  /** Line that the current element begins on, and where in this chunk; null between elements. */
  #element: { readonly line: number; start: number } | null = null;

  /** The elements that end in this chunk. Throws `RangeError` for one that is too long. */
  cut(bytes: Buffer): Item[] {
    this.#items = [];
    if (this.#element !== null) this.#element.start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === NEWLINE) this.#line += 1;
      if (this.#inString) this.#string(byte);
      else if (!isSpace(byte)) this.#outside(byte, at, bytes);
    }
    if (this.#element !== null) this.#rest.add(bytes.subarray(this.#element.start));
    return this.#items;
  }

  /** What is wrong with an array that has ended. */
  end(): Item[] {
    return this.#closed ? [] : [{ text: NO_JSON, line: this.#line }];
  }

  #string(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #outside(byte: number, at: number, bytes: Buffer): void {
    if (this.#closed) this.#afterEnd();
    else if (this.#depth === 0) this.#depth = 1;
    else if (this.#depth === 1 && (byte === COMMA || byte === CLOSE_ARRAY)) this.#endElement(byte, at, bytes);
    else {
      this.#element ??= { line: this.#line, start: at };
      if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#depth += 1;
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.#depth -= 1;
    }
  }

  /** One item for all that stands there. */
  #afterEnd(): void {
    if (!this.#trailing) this.#items.push({ text: NO_JSON, line: this.#line });
    this.#trailing = true;
  }

  #endElement(byte: number, at: number, bytes: Buffer): void {
    this.#closed = byte === CLOSE_ARRAY;
    const element = this.#element;
    this.#element = null;
    if (element !== null) {
      const text = textOf(this.#rest.take(bytes.subarray(element.start, at)));
      this.#items.push({ text, line: element.line });
    } else if (!this.#closed || this.#elements > 0) {
      this.#items.push({ text: NO_JSON, line: this.#line });
    }
    this.#elements += 1;
  }
}
