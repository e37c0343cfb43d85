import { expect, test } from "vitest";
import { BLOCK_BYTES, InspectionBudgetError, RangeReader } from "./range-reader.ts";
import { type RangeSource, RangeSourceError } from "./range-source.ts";

type Recorded = RangeSource & { readonly asked: [offset: number, length: number][] };

/** A file whose byte at `n` is `n % 251`. */
function patternSource(sizeBytes: number): Recorded {
  const asked: [number, number][] = [];
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    asked.push([offset, length]);
    return Uint8Array.from({ length }, (_, i) => (offset + i) % 251);
  };
  return { sizeBytes, read, asked };
}

test("a read across two blocks is one range read, and its repetition none", async () => {
  const source = patternSource(3 * BLOCK_BYTES);
  const reader = new RangeReader(source);
  expect([...(await reader.read(65_534, 4))]).toEqual([23, 24, 25, 26]);
  expect([...(await reader.read(65_534, 4))]).toEqual([23, 24, 25, 26]);
  expect(source.asked).toEqual([[0, 131_072]]);
  expect([reader.bytesRead, reader.rangeReads, reader.calls]).toEqual([131_072, 1, 2]);
});

test("reads in parallel fetch a block once", async () => {
  const source = patternSource(1000);
  const reader = new RangeReader(source);
  await Promise.all([reader.read(0, 10), reader.read(20, 10), reader.read(500, 10)]);
  expect(source.asked).toEqual([[0, 1000]]);
});

test("only the missing blocks around a cached one are read", async () => {
  const source = patternSource(3 * BLOCK_BYTES);
  const reader = new RangeReader(source);
  await reader.read(BLOCK_BYTES, 1);
  await reader.read(0, 3 * BLOCK_BYTES);
  expect(source.asked).toEqual([
    [65_536, 65_536],
    [0, 65_536],
    [131_072, 65_536],
  ]);
});

test("a read at the end gives what is there, past it nothing", async () => {
  const reader = new RangeReader(patternSource(10));
  expect([...(await reader.read(8, 100))]).toEqual([8, 9]);
  expect([...(await reader.read(10, 1))]).toEqual([]);
  expect([...(await reader.read(Number.NaN, 4))]).toEqual([]);
});

test.each([
  ["bytes", { maxBytes: 100, maxRangeReads: 9, maxCalls: 9 }],
  ["range_reads", { maxBytes: 1e9, maxRangeReads: 0, maxCalls: 9 }],
  ["calls", { maxBytes: 1e9, maxRangeReads: 9, maxCalls: 0 }],
] as const)("the budget of %s is kept before anything is read", async (budget, limits) => {
  const source = patternSource(1000);
  const error = await new RangeReader(source, limits).read(0, 1).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(InspectionBudgetError);
  expect(error).toMatchObject({ budget });
  expect(source.asked).toEqual([]);
});

test("a read of more than 8 MiB is refused before it is allocated", async () => {
  const reader = new RangeReader(patternSource(2 ** 40));
  await expect(reader.read(0, 8 * 1024 * 1024 + 1)).rejects.toThrow("budget of allocation");
});

test("a source that gives too little is a fault, and stays known as one", async () => {
  const reader = new RangeReader({ sizeBytes: 100, read: async () => new Uint8Array(99) });
  await expect(reader.read(0, 1)).rejects.toThrow("source gave 99 of 100 bytes");
  expect(reader.fault).toBeInstanceOf(RangeSourceError);
});

test("a source that fails once does not spoil the next read", async () => {
  let reads = 0;
  const reader = new RangeReader({
    sizeBytes: 1,
    read: async () => {
      reads += 1;
      if (reads === 1) throw new Error("gone");
      return Uint8Array.of(7);
    },
  });
  await expect(reader.read(0, 1)).rejects.toThrow("range read failed");
  expect([...(await reader.read(0, 1))]).toEqual([7]);
});
