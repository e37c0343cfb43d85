/**
 * The file that a journal is exported to, `aima-journal@1`: JSON Lines, every line in canonical form.
 *
 * - first line, the header: `{"assetId":"ast_…","format":"aima-journal@1"}`, or `jobId` of a job;
 * - one line per entry, oldest first, with its eight members;
 * - last line, the trailer: `{"hash":"…","seq":n}`, the newest entry; `seq` 0 and 64 zeros when there is none.
 *
 * The same journal gives the same bytes. The trailer is there to see a file that ends too early.
 */
import type { JournalEvent } from "../client.ts";
import { canonical } from "./canonical.ts";
import type { Head } from "./chain.ts";
import { GENESIS_HASH, isHash, isObject } from "./entry.ts";

/** Whose journal it is. */
export type JournalOwner = { readonly assetId: string } | { readonly jobId: string };

const FORMAT = "aima-journal@1";

export const ownerId = (owner: JournalOwner): string => ("assetId" in owner ? owner.assetId : owner.jobId);

/** The owner that a header names; a text for what is wrong with it; null for what is no header. */
export function readHeader(value: unknown): JournalOwner | string | null {
  if (!isObject(value) || !Object.hasOwn(value, "format")) return null;
  const { format, assetId, jobId } = value;
  if (format !== FORMAT) return `the format is not ${FORMAT}`;
  const extra = Object.keys(value).length > 2 ? "the header has members that do not belong to it" : null;
  if (typeof assetId === "string") return extra ?? { assetId };
  if (typeof jobId === "string") return extra ?? { jobId };
  return "the header names neither an asset nor a job";
}

/** The head that a trailer names, or null for what is no trailer. */
export function readTrailer(value: unknown): Head | null {
  if (!isObject(value) || Object.keys(value).length !== 2) return null;
  const { seq, hash } = value;
  return Number.isSafeInteger(seq) && Number(seq) >= 0 && isHash(hash) ? { seq: Number(seq), hash } : null;
}

/** The owner as the first entry of its journal names it; null where it names none. */
export function ownerIn({ data }: JournalEvent): JournalOwner | null {
  const { assetId, jobId } = data as Record<string, unknown>;
  if (typeof assetId === "string") return { assetId };
  return typeof jobId === "string" ? { jobId } : null;
}

/**
 * The lines of an export, each with its newline, made of pages of entries after a number, oldest first, until a page
 * is empty. Entries are written as they come: what is wrong with them is for the verification to say.
 */
export async function* exportLines(
  owner: JournalOwner,
  page: (after: number) => Promise<readonly JournalEvent[]>,
): AsyncGenerator<string> {
  yield `${canonical({ format: FORMAT, ...owner })}\n`;
  let head: Head = { seq: 0, hash: GENESIS_HASH };
  for (;;) {
    const events = await page(head.seq);
    const last = events.at(-1);
    if (last === undefined) break;
    // A server that gives no later entry would be asked the same for ever.
    if (last.seq <= head.seq) throw new RangeError(`The page after entry ${head.seq} ends with entry ${last.seq}.`);
    yield events.map((event) => `${canonical(event)}\n`).join("");
    head = { seq: last.seq, hash: last.hash };
  }
  yield `${canonical(head)}\n`;
}
