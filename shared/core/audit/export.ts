/** The two files that audit rows are exported as, beside JSON. Pure. */
import { canonicalJson } from "../canonical-json.ts";

/** A place in the chain; `seq` 0 with 64 zeros is its beginning. */
export type ChainPlace = { readonly seq: number; readonly hash: string };

/**
 * A piece of the chain as `aima-journal@1`, verifiable offline: the header names the tenant and the place that the piece
 * follows (left out at the beginning), the trailer its end.
 */
export function chainFile(
  tenant: string,
  after: ChainPlace,
  entries: readonly { readonly seq: number; readonly hash: string }[],
): string {
  const header = { format: "aima-journal@1", tenant, ...(after.seq === 0 ? {} : { after }) };
  const { seq, hash } = entries.at(-1) ?? after;
  return [header, ...entries, { seq, hash }].map((line) => `${canonicalJson(line)}\n`).join("");
}

/** What a spreadsheet would take for a formula begins with one of these (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n]/;

function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : typeof value === "string" ? value : canonicalJson(value);
  const safe = typeof value === "string" && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180 with a header line. A text that a spreadsheet would run as a formula has an apostrophe before it. */
export function csvFile(columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string {
  const lines = [columns.map(cell), ...rows.map((row) => columns.map((column) => cell(row[column])))];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}
