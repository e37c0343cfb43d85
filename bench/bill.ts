/** The platform's bill for a number of jobs or assets, from what was counted while they went through AIMA. */
import { rowsRead, rowsWritten, total } from "./counting.ts";
import type { Counts } from "./counts.ts";
import { PRICES, type Price } from "./prices.ts";

export type BillLine = { readonly name: string; readonly perThousand: number; readonly dollars: number };
export type Bill = {
  readonly lines: readonly BillLine[];
  readonly dollars: number;
  /** Statements a second store would see; priced by its own provider. */
  readonly databaseCallsPerThousand: number;
  readonly counts: Counts;
};

/** `counts` were made by `things`; the bill is for a thousand of them. */
export function billOf(counts: Counts, things: number): Bill {
  const line = ({ name, perMillion }: Price, counted: number): BillLine => {
    const perThousand = (counted * 1000) / things;
    return { name, perThousand, dollars: (perThousand * perMillion) / 1_000_000 };
  };
  const lines = [
    line(PRICES.workerRequest, total(counts.workerRequests)),
    line(PRICES.objectRequest, total(counts.objectCalls) + total(counts.alarmRuns)),
    line(PRICES.rowRead, rowsRead(counts)),
    line(PRICES.rowWritten, rowsWritten(counts)),
    line(PRICES.queueOperation, 3 * total(counts.messages)),
    line(PRICES.bucketWrite, counts.bucketWrites),
    line(PRICES.bucketRead, counts.bucketReads),
  ];
  return {
    lines,
    dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0),
    databaseCallsPerThousand: (counts.databaseCalls * 1000) / things,
    counts,
  };
}
