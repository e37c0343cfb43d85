/**
 * Verifies a journal from its file alone: no network and no trust in the server that wrote it. Its chain is
 *
 *     hash = SHA-256, in hex, of the canonical JSON of {at, data, id, prevHash, seq, type, version}
 *
 * with `prevHash` the hash of the entry before, 64 zeros for the first. So every entry's hash stands for all entries
 * up to it, and whoever changes one has to change all hashes after it.
 *
 * V1 Found without anything else: entries edited, dropped, moved, copied or added, and an export that ends early.
 * V2 Not found without something else: a whole new chain. Whoever computes the hashes of all later entries and the
 *    trailer anew has made a journal like any other, and a journal cut with a new trailer is what this one was once.
 *    What shows it is a head from another source (`head`), or an earlier export (`firstFork`): it has a hash that the
 *    new chain cannot have. Nothing shows what was added after the newest head that is known.
 * V3 Memory does not grow with the journal.
 */
import type { JournalEvent } from "../client.ts";
import { canonical, forgivenByParsers } from "./canonical.ts";
import { Chain, type Head } from "./chain.ts";
import { GENESIS_HASH, notAnEntry } from "./entry.ts";
import { type Finding, Findings } from "./finding.ts";
import { type JournalOwner, ownerId, ownerIn, readHeader, readTrailer } from "./format.ts";
import { itemBatches } from "./items.ts";

export type JournalReport = {
  /** Nothing was found. */
  readonly valid: boolean;
  /** As the header or the first entry names it; null when neither does. */
  readonly owner: JournalOwner | null;
  readonly entries: number;
  /** The entry with the highest number; `seq` 0 when there is none. */
  readonly head: Head;
  /**
   * What says that the journal ends where it ends: the `trailer` of an export, the `head` that was asked for, or
   * nothing (`open`), so that it may have been cut.
   */
  readonly end: "trailer" | "head" | "open";
  /** The first 100 findings, by line. */
  readonly findings: readonly Finding[];
  /** How many there are in all. */
  readonly findingCount: number;
};

/**
 * Reads an export (`aima-journal@1`), or plain entries as JSON Lines or as one JSON array. With `head`, the journal has
 * to have that entry: it may have gone on since, but from there.
 */
export async function verifyJournal(
  source: AsyncIterable<Uint8Array>,
  { head = null }: { readonly head?: Head | null } = {},
): Promise<JournalReport> {
  const reading = new Reading(head);
  try {
    for await (const batch of itemBatches(source)) for (const { text, line } of batch) reading.item(text, line);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    reading.findings.add("malformed", null, null, error.message);
  }
  return reading.report();
}

class Reading {
  readonly findings = new Findings();
  readonly #chain = new Chain(this.findings);
  readonly #asked: Head | null;
  #asExport: boolean | null = null;
  #owner: JournalOwner | null = null;
  #entries = 0;
  #startsAfter = 0;
  #trailer: { readonly head: Head; readonly line: number } | null = null;

  constructor(asked: Head | null) {
    this.#asked = asked;
  }

  item(text: string | null, line: number): void {
    // Blank lines between plain entries say nothing.
    if (this.#asExport !== true && text?.trim() === "") return;
    const malformed = (why: string): void => this.findings.add("malformed", line, null, why);
    if (this.#trailer !== null) {
      malformed("something stands after the trailer");
      return;
    }
    if (text === null) {
      malformed("this is not UTF-8");
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#asExport ??= false;
      malformed("this is not JSON");
      return;
    }
    if (this.#asExport === null && this.#begin(value, text, line)) return;
    const trailer = this.#asExport === true ? readTrailer(value) : null;
    if (trailer !== null) this.#trailer = { head: trailer, line };
    const wrong = trailer === null ? notAnEntry(value) : null;
    if (wrong !== null) malformed(wrong);
    // SAFETY: notAnEntry has looked at every member.
    else if (trailer === null) this.#entry(value as JournalEvent, text, line);
    else this.#canonical(`{"hash":"${trailer.hash}","seq":${trailer.seq}}`, text, line, null);
  }

  /** True when the first item is a header. */
  #begin(value: unknown, text: string, line: number): boolean {
    const header = readHeader(value);
    this.#asExport = header !== null;
    if (header === null) return false;
    if (typeof header === "string") this.findings.add("malformed", line, null, header);
    else {
      this.#owner = header.owner;
      this.#chain.startAfter(header.after);
      this.#startsAfter = header.after.seq;
      if (line !== 1) this.findings.add("malformed", line, null, "the header is not on the first line");
      this.#canonical(canonical(value), text, line, null);
    }
    return true;
  }

  #entry(entry: JournalEvent, text: string, line: number): void {
    let expected: string;
    try {
      expected = this.#chain.add(entry, line);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.findings.add("malformed", line, entry.seq, "this is nested too deeply to be read");
      return;
    }
    this.#entries += 1;
    this.#canonical(expected, text, line, entry.seq);
    if (entry.seq === this.#startsAfter + 1) this.#name(ownerIn(entry), line);
    if (entry.seq === this.#asked?.seq && entry.hash !== this.#asked.hash) {
      this.findings.add("forked", line, entry.seq, `entry ${entry.seq} is not the one that was asked for`);
    }
  }

  /** An export is canonical byte by byte; plain entries may come from anywhere, but say one thing only. */
  #canonical(expected: string, text: string, line: number, seq: number | null): void {
    if (expected === text) return;
    const forgiven = forgivenByParsers(text);
    if (forgiven !== null) this.findings.add("malformed", line, seq, forgiven);
    else if (this.#asExport === true) {
      this.findings.add("malformed", line, seq, "the line is not in the canonical form of an export");
    }
  }

  #name(named: JournalOwner | null, line: number): void {
    this.#owner ??= named;
    if (named === null || this.#owner === null || ownerId(named) === ownerId(this.#owner)) return;
    const detail = `the header names ${ownerId(this.#owner)}, the first entry ${ownerId(named)}`;
    this.findings.add("misnamed", line, 1, detail);
  }

  report(): JournalReport {
    this.#chain.end();
    const { head } = this.#chain;
    const { findings } = this;
    if (this.#asExport === null) findings.add("malformed", null, null, "there is nothing in it");
    this.#endOfExport(head);
    const asked = this.#asked;
    if (asked !== null && asked.seq > head.seq) {
      findings.add("truncated", null, asked.seq, `it ends with entry ${head.seq}, before entry ${asked.seq}`);
    }
    if (asked?.seq === 0 && asked.hash !== GENESIS_HASH) {
      findings.add("forked", null, 0, "no journal begins with the hash that was asked for");
    }
    const end = this.#trailer !== null ? "trailer" : asked?.seq === head.seq ? "head" : "open";
    return {
      valid: findings.count === 0,
      owner: this.#owner,
      entries: this.#entries,
      head,
      end,
      findings: findings.list(),
      findingCount: findings.count,
    };
  }

  #endOfExport(head: Head): void {
    if (this.#asExport !== true) return;
    if (this.#trailer === null) {
      this.findings.add("truncated", null, head.seq, `the trailer is missing after entry ${head.seq}`);
      return;
    }
    const { line, head: stated } = this.#trailer;
    if (stated.seq > head.seq) {
      const missing = `entries ${head.seq + 1} to ${stated.seq} are missing at the end`;
      this.findings.add("truncated", line, stated.seq, missing);
    } else if (stated.seq < head.seq) {
      this.findings.add("forked", line, stated.seq, `the trailer ends with entry ${stated.seq}, the file does not`);
    } else if (stated.hash !== head.hash) {
      this.findings.add("forked", line, stated.seq, `the trailer names another entry ${stated.seq}`);
    }
  }
}
