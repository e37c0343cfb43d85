import { describe, expect, it } from "vitest";
import { columnsOf, emptyEnvelope, extendEnvelope, MAX_ENTRIES } from "./envelope.ts";

describe("the envelope", () => {
  it("joins its entries in pairs when it is full, and keeps every peak", () => {
    const envelope = emptyEnvelope();
    for (let block = 0; block < MAX_ENTRIES * 3; block += 1) extendEnvelope(envelope, block === 5000 ? 0.9 : 0.1, 0.01);

    expect(envelope.peaks.length).toBeLessThan(MAX_ENTRIES);
    expect(envelope.blocksEach).toBe(4);
    const columns = columnsOf(envelope, 100);
    expect(columns.map((column) => column.peak).indexOf(0.9)).toBe(69);
    expect(columns[0]).toEqual({ peak: 0.1, rms: 0.1 });
  });

  it("of no sound has no columns", () => {
    expect(columnsOf(emptyEnvelope(), 10)).toEqual([]);
  });
});
