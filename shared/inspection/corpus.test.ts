import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { agreementOf, inspectEntry } from "../../test/corpus/inspect-corpus.ts";
import { readManifest } from "../../test/corpus/truth.ts";

const CORPUS = join(import.meta.dirname, "../../../shared/corpus");
const isPresent = existsSync(join(CORPUS, "manifest.jsonl"));

/** Files of the corpus that take more: headers of megabytes, streams that are probed, and PDF, which is read whole. */
const MAX_LARGE_READS = 9;
const KIB = 1024;

test("the corpus agrees with the oracles, and 97 of 100 files take at most 512 KiB", { timeout: 60_000 }, async () => {
  if (!isPresent) {
    process.stdout.write(`no corpus at ${CORPUS}: agreement is not measured\n`);
    expect(isPresent).toBe(false);
    return;
  }
  const rows = [];
  for (const entry of readManifest(CORPUS)) rows.push(await inspectEntry(CORPUS, entry));
  expect(rows.length).toBeGreaterThanOrEqual(420);

  const large = rows.filter(({ inspection }) => inspection.bytesRead > 512 * KIB);
  expect(large.length).toBeLessThanOrEqual(MAX_LARGE_READS);
  expect(Math.max(...rows.map(({ inspection }) => inspection.rangeReads))).toBeLessThanOrEqual(26);

  const weak = [...agreementOf(rows)].filter(([, { agree, all }]) => agree / all < 0.9);
  expect(weak).toEqual([]);
  const total = [...agreementOf(rows).values()];
  const share = total.reduce((sum, { agree }) => sum + agree, 0) / total.reduce((sum, { all }) => sum + all, 0);
  expect(share).toBeGreaterThan(0.98);

  const refused = rows.filter(({ entry, inspection }) => entry.tier === "core" && inspection.verdict !== "accepted");
  expect(refused.map(({ entry }) => entry.path)).toEqual([]);
});
