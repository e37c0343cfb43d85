/** A PDF of three megabytes whose one page unpacks to a gibibyte of text operators. */
import { constants, deflateRawSync } from "node:zlib";
import { pdfOfContents } from "./pdf.ts";

/** Bytes that the content stream of the bomb unpacks to. */
const BOMB_CONTENT_BYTES = 2 ** 30;

const BLOCK_BYTES = 2 ** 20;

/** One block begins and ends a text object, so that any number of them in a row is a valid page. */
const OPERATORS = "BT /F1 12 Tf 60 780 Td (tide) Tj ET\n";

/** zlib's header: deflate with a 32 KiB window, fastest level (RFC 1950, 2.2). */
const ZLIB_HEADER = Uint8Array.of(0x78, 0x01);

/** A last deflate block with fixed codes and nothing in it (RFC 1951, 3.2.6). */
const LAST_BLOCK = Uint8Array.of(0x03, 0x00);

/**
 * The file. A packed block that looks back at nothing before it is repeated, so that nobody unpacks or packs a
 * gibibyte to make it.
 */
export function pdfBomb(): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES, " ");
  block.write(OPERATORS.repeat(Math.floor(BLOCK_BYTES / OPERATORS.length)), "latin1");
  const packed = deflateRawSync(block, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const times = BOMB_CONTENT_BYTES / BLOCK_BYTES;
  const bytes = Buffer.concat([
    ZLIB_HEADER,
    ...Array.from({ length: times }, () => packed),
    LAST_BLOCK,
    adler32OfRepeated(block, times),
  ]);
  return pdfOfContents({ title: "Deep water", author: "AIMA samples" }, [{ bytes, filter: "FlateDecode" }]);
}

/** Adler-32 (RFC 1950, 8.2), big-endian, of a block written `times` times. */
function adler32OfRepeated(block: Uint8Array, times: number): Uint8Array {
  const modulus = 65_521;
  let low = 1;
  let high = 0;
  let blockLow = 0;
  let blockHigh = 0;
  for (const byte of block) {
    blockLow = (blockLow + byte) % modulus;
    blockHigh = (blockHigh + blockLow) % modulus;
  }
  for (let count = 0; count < times; count += 1) {
    high = (high + block.length * low + blockHigh) % modulus;
    low = (low + blockLow) % modulus;
  }
  return Uint8Array.of(high >> 8, high & 255, low >> 8, low & 255);
}
