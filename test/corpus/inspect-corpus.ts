/** Inspects the corpus's files from disk, the way the inspector does it from the bucket. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Inspection } from "../../shared/contracts/media.ts";
import { inspect } from "../../shared/inspection/inspect.ts";
import type { RangeSource } from "../../shared/inspection/range-source.ts";
import { type Agreement, compare, type CorpusEntry } from "./truth.ts";

/** A file of the corpus, what was found in it, and how that compares. */
export type InspectedEntry = {
  readonly entry: CorpusEntry;
  readonly inspection: Inspection;
  readonly fields: Record<string, Agreement>;
  readonly ms: number;
};

/** Ranges of an open file. */
function fileSource(descriptor: number): RangeSource {
  return {
    sizeBytes: fstatSync(descriptor).size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      const count = readSync(descriptor, bytes, 0, length, offset);
      return bytes.subarray(0, count);
    },
  };
}

/** Throws when the file is not there. */
export async function inspectEntry(corpusDir: string, entry: CorpusEntry): Promise<InspectedEntry> {
  const descriptor = openSync(join(corpusDir, entry.path), "r");
  try {
    const start = performance.now();
    const inspection = await inspect(fileSource(descriptor), { name: entry.path });
    const ms = performance.now() - start;
    const fields = entry.truth === null ? {} : compare(entry.truth, inspection.metadata);
    return { entry, inspection, fields, ms };
  } finally {
    closeSync(descriptor);
  }
}

/** Agreeing fields and all fields the truth has, by kind of file and field. */
export function agreementOf(rows: readonly InspectedEntry[]): Map<string, { agree: number; all: number }> {
  const counts = new Map<string, { agree: number; all: number }>();
  for (const { entry, fields } of rows) {
    for (const [field, outcome] of Object.entries(fields)) {
      const key = `${entry.kind}.${field}`;
      const count = counts.get(key) ?? { agree: 0, all: 0 };
      counts.set(key, { agree: count.agree + (outcome === "agree" ? 1 : 0), all: count.all + 1 });
    }
  }
  return counts;
}
