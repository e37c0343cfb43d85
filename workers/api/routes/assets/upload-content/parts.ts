const MIB = 1024 * 1024;

/** What R2 takes in one upload (its limit) and what fits twice into a Worker's memory. */
const MAX_PARTS = 10_000;
const SMALLEST_PART_BYTES = 8 * MIB;
const FIRST_BUFFER_BYTES = 64 * 1024;

/** The size of all parts but the last, so that the largest file allowed fits into the parts that R2 takes. */
export function partBytesFor(maxBytes: number): number {
  return Math.max(SMALLEST_PART_BYTES, Math.ceil(maxBytes / MAX_PARTS / MIB) * MIB);
}

/** The body ended with a fault before it was complete: the client went away. */
export class BodyBroken extends Error {
  override readonly name = "BodyBroken";
}

async function readOn(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> {
  try {
    const { done, value } = await reader.read();
    return done ? null : value;
  } catch (error) {
    throw new BodyBroken("The body broke off.", { cause: error });
  }
}

/**
 * Cuts a stream into parts of exactly `partBytes`, the last one smaller (or empty, when the stream is). Holds one part
 * at a time and reads on only when asked for the next; `onChunk` sees all bytes in order and may end it by throwing.
 * A stream that fails throws `BodyBroken`.
 */
export async function* cutIntoParts(
  stream: ReadableStream<Uint8Array>,
  partBytes: number,
  onChunk: (chunk: Uint8Array) => void,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly last: boolean }, void> {
  const reader = stream.getReader();
  let part = new Uint8Array(Math.min(FIRST_BUFFER_BYTES, partBytes));
  let filled = 0;
  try {
    for (let chunk = await readOn(reader); chunk !== null; chunk = await readOn(reader)) {
      onChunk(chunk);
      for (let rest = chunk; rest.length > 0;) {
        if (filled === partBytes) {
          yield { bytes: part, last: false };
          part = new Uint8Array(partBytes);
          filled = 0;
        }
        const taken = rest.subarray(0, partBytes - filled);
        part = roomFor(part, filled, filled + taken.length, partBytes);
        part.set(taken, filled);
        filled += taken.length;
        rest = rest.subarray(taken.length);
      }
    }
    yield { bytes: part.subarray(0, filled), last: true };
  } finally {
    await reader.cancel().catch(() => undefined); // The stream has failed or ended; nothing is left to stop.
  }
}

/** Grows by doubling, so that a small file takes little memory. */
function roomFor(
  part: Uint8Array<ArrayBuffer>,
  filled: number,
  wanted: number,
  partBytes: number,
): Uint8Array<ArrayBuffer> {
  if (wanted <= part.length) return part;
  const grown = new Uint8Array(Math.min(partBytes, Math.max(wanted, part.length * 2)));
  grown.set(part.subarray(0, filled));
  return grown;
}
