/** A structure in the file says there are more bytes than there are. */
export class TruncatedError extends Error {
  override readonly name = "TruncatedError";
}

const latin1 = new TextDecoder("latin1");
const utf8 = new TextDecoder("utf-8");

/** Numbers and text out of bytes; every read past the end throws `TruncatedError`. */
export class ByteView {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    this.#need(at, 1);
    return this.#view.getUint8(at);
  }

  u16(at: number, littleEndian = false): number {
    this.#need(at, 2);
    return this.#view.getUint16(at, littleEndian);
  }

  u32(at: number, littleEndian = false): number {
    this.#need(at, 4);
    return this.#view.getUint32(at, littleEndian);
  }

  i32(at: number, littleEndian = false): number {
    this.#need(at, 4);
    return this.#view.getInt32(at, littleEndian);
  }

  f32(at: number, littleEndian = false): number {
    this.#need(at, 4);
    return this.#view.getFloat32(at, littleEndian);
  }

  f64(at: number, littleEndian = false): number {
    this.#need(at, 8);
    return this.#view.getFloat64(at, littleEndian);
  }

  /** As a number: exact up to 2^53, and no file is longer. */
  u64(at: number, littleEndian = false): number {
    this.#need(at, 8);
    return Number(this.#view.getBigUint64(at, littleEndian));
  }

  /** Bytes as Latin-1: every byte is one character, so that four-character codes compare. */
  latin1(at: number, length: number): string {
    this.#need(at, length);
    return latin1.decode(this.bytes.subarray(at, at + length));
  }

  utf8(at: number, length: number): string {
    this.#need(at, length);
    return utf8.decode(this.bytes.subarray(at, at + length));
  }

  slice(at: number, length: number): ByteView {
    this.#need(at, length);
    return new ByteView(this.bytes.subarray(at, at + length));
  }

  startsWith(text: string, at = 0): boolean {
    if (at < 0 || at + text.length > this.length) return false;
    for (let i = 0; i < text.length; i += 1) if (this.bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #need(at: number, length: number): void {
    if (at < 0 || length < 0 || at + length > this.length) throw new TruncatedError("structure ends past the data");
  }
}

/** Where `needle` (Latin-1) begins in `bytes`, or -1. */
export function indexOfText(bytes: Uint8Array, needle: string, from = 0): number {
  const first = needle.charCodeAt(0);
  for (let at = bytes.indexOf(first, from); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (at + needle.length > bytes.length) return -1;
    let i = 1;
    while (i < needle.length && bytes[at + i] === needle.charCodeAt(i)) i += 1;
    if (i === needle.length) return at;
  }
  return -1;
}
