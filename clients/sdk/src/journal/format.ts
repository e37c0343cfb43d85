/**
 * The file that a journal is exported to, `aima-journal@1`: JSON Lines, every line in canonical form.
 *
 * - first line, the header: `{"assetId":"ast_…","format":"aima-journal@1"}`, or `jobId` of a job, or `tenant` of an
 *   audit log; a piece that does not begin with entry 1 names the entry before it: `"after":{"hash":"…","seq":n}`;
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
export type JournalOwner = { readonly assetId: string } | { readonly jobId: string } | { readonly tenant: string };

/** What a header says: whose journal it is, and the entry that the file goes on after (`seq` 0: from its beginning). */
export type Header = { readonly owner: JournalOwner; readonly after: Head };

const FORMAT = "aima-journal@1";

export function ownerId(owner: JournalOwner): string {
  if ("assetId" in owner) return owner.assetId;
  return "jobId" in owner ? owner.jobId : owner.tenant;
}

/** What a header says; a text for what is wrong with it; null for what is no header. */
export function readHeader(value: unknown): Header | string | null {
  if (!isObject(value) || !Object.hasOwn(value, "format")) return null;
  if (value["format"] !== FORMAT) return `the format is not ${FORMAT}`;
  const owner = namedIn(value);
  if (owner === null) return "the header names neither an asset nor a job nor a tenant";
  const after = Object.hasOwn(value, "after") ? readTrailer(value["after"]) : { seq: 0, hash: GENESIS_HASH };
  if (after === null) return "the header does not name the entry before the first";
  const known = Object.hasOwn(value, "after") ? 3 : 2;
  return Object.keys(value).length > known ? "the header has members that do not belong to it" : { owner, after };
}

/** The head that a trailer names, or null for what is no trailer. */
export function readTrailer(value: unknown): Head | null {
  if (!isObject(value) || Object.keys(value).length !== 2) return null;
  const { seq, hash } = value;
  return Number.isSafeInteger(seq) && Number(seq) >= 0 && isHash(hash) ? { seq: Number(seq), hash } : null;
}

function namedIn({ assetId, jobId, tenant }: Record<string, unknown>): JournalOwner | null {
  if (typeof assetId === "string") return { assetId };
  if (typeof jobId === "string") return { jobId };
  return typeof tenant === "string" ? { tenant } : null;
}

/** The owner as the first entry of its journal names it; null where it names none. */
export const ownerIn = ({ data }: JournalEvent): JournalOwner | null => namedIn(data);

/**
 * The lines of an export, each with its newline, made of pages of entries after a number, oldest first, until a page
 * is empty. Entries are written as they come: what is wrong with them is for the verification to say. With `after`, the
 * file is the piece that follows that entry.
 */
export async function* exportLines(
  owner: JournalOwner,
  page: (after: number) => Promise<readonly JournalEvent[]>,
  after: Head = { seq: 0, hash: GENESIS_HASH },
): AsyncGenerator<string> {
  yield `${canonical({ format: FORMAT, ...owner, ...(after.seq === 0 ? {} : { after }) })}\n`;
  let head = after;
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
