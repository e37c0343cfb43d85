/**
 * One reader for every parser: aligned blocks, a small cache, and budgets, so that no content can make an inspection
 * read without end.
 *
 * R1  Never asks the source for bytes outside of `[0, sizeBytes)`.
 * R2  Throws `InspectionBudgetError` before, not after, a budget is passed.
 * R3  A failing source is remembered in `fault`: parsers may swallow the error, the inspection must not.
 */
import { type RangeSource, RangeSourceError } from "./range-source.ts";

/** Header structures of most formats fit into one block; R2 answers it as fast as a smaller one. */
export const BLOCK_BYTES = 64 * 1024;

/** What one inspection may cost. `calls` bounds parsers that loop over bytes already in the cache. */
export type InspectionBudget = {
  readonly maxBytes: number;
  readonly maxRangeReads: number;
  readonly maxCalls: number;
};

/** Ten times what the largest ordinary file takes: a 200 MB transport stream needs 3.9 MB in 60 reads. */
export const DEFAULT_BUDGET: InspectionBudget = {
  maxBytes: 64 * 1024 * 1024,
  maxRangeReads: 4000,
  maxCalls: 20_000,
};

/** The content asks for more reading than an inspection may spend. */
export class InspectionBudgetError extends Error {
  override readonly name = "InspectionBudgetError";
  readonly budget: "bytes" | "range_reads" | "calls" | "allocation";

  constructor(budget: InspectionBudgetError["budget"]) {
    super(`inspection passed its budget of ${budget}`);
    this.budget = budget;
  }
}

/** The largest single read; no header of a supported format is longer. */
const MAX_READ_BYTES = 8 * 1024 * 1024;

/** 8 MiB of blocks: the largest movie header stays cached between its check and its parse. */
const CACHE_BLOCKS = 128;

/** Reads one file for one inspection; see R1 to R3. */
export class RangeReader implements RangeSource {
  readonly sizeBytes: number;
  bytesRead = 0;
  rangeReads = 0;
  calls = 0;
  fault: RangeSourceError | null = null;

  readonly #source: RangeSource;
  readonly #budget: InspectionBudget;
  readonly #blocks = new Map<number, Uint8Array>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(source: RangeSource, budget: InspectionBudget = DEFAULT_BUDGET) {
    this.#source = source;
    this.#budget = budget;
    this.sizeBytes = source.sizeBytes;
  }

  /** The bytes of the range that exist: fewer than `length` at the end of the file, none past it. The caller owns them. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    this.calls += 1;
    if (this.calls > this.#budget.maxCalls) throw new InspectionBudgetError("calls");
    const start = Math.max(0, Math.min(offset, this.sizeBytes));
    const end = Math.min(this.sizeBytes, start + Math.max(0, length));
    if (!(end > start)) return new Uint8Array(0);
    if (end - start > MAX_READ_BYTES) throw new InspectionBudgetError("allocation");
    // One read at a time: parsers that ask in parallel would fetch the same block twice.
    const turn = this.#tail.then(() => this.#assemble(start, end));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #assemble(start: number, end: number): Promise<Uint8Array> {
    const out = new Uint8Array(end - start);
    const last = Math.floor((end - 1) / BLOCK_BYTES);
    let block = Math.floor(start / BLOCK_BYTES);
    while (block <= last) {
      const cached = this.#blocks.get(block);
      if (cached !== undefined) {
        this.#blocks.delete(block);
        this.#blocks.set(block, cached);
        copyOverlap(out, start, cached, block * BLOCK_BYTES);
        block += 1;
        continue;
      }
      let next = block + 1;
      while (next <= last && !this.#blocks.has(next)) next += 1;
      const runStart = block * BLOCK_BYTES;
      const run = await this.#fetch(runStart, Math.min(next * BLOCK_BYTES, this.sizeBytes) - runStart);
      copyOverlap(out, start, run, runStart);
      for (let i = block; i < next; i += 1) {
        this.#keep(i, run.slice((i - block) * BLOCK_BYTES, (i - block + 1) * BLOCK_BYTES));
      }
      block = next;
    }
    return out;
  }

  async #fetch(offset: number, length: number): Promise<Uint8Array> {
    if (this.rangeReads + 1 > this.#budget.maxRangeReads) throw new InspectionBudgetError("range_reads");
    if (this.bytesRead + length > this.#budget.maxBytes) throw new InspectionBudgetError("bytes");
    this.rangeReads += 1;
    this.bytesRead += length;
    try {
      const bytes = await this.#source.read(offset, length);
      if (bytes.length !== length) throw new RangeSourceError(`source gave ${bytes.length} of ${length} bytes`);
      return bytes;
    } catch (cause) {
      this.fault = cause instanceof RangeSourceError ? cause : new RangeSourceError("range read failed", { cause });
      throw this.fault;
    }
  }

  #keep(block: number, bytes: Uint8Array): void {
    this.#blocks.set(block, bytes);
    if (this.#blocks.size <= CACHE_BLOCKS) return;
    const oldest = this.#blocks.keys().next();
    if (oldest.done !== true) this.#blocks.delete(oldest.value);
  }
}

function copyOverlap(out: Uint8Array, outOffset: number, bytes: Uint8Array, offset: number): void {
  const from = Math.max(outOffset, offset);
  const to = Math.min(outOffset + out.length, offset + bytes.length);
  if (to > from) out.set(bytes.subarray(from - offset, to - offset), from - outOffset);
}
