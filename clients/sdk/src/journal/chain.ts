import type { JournalEvent } from "../client.ts";
import { GENESIS_HASH, sealed } from "./entry.ts";
import type { Findings } from "./finding.ts";

/** A place in a journal: the hash of entry `seq` stands for it and for all entries before it. */
export type Head = { readonly seq: number; readonly hash: string };

/** So many hashes are remembered to tell a copy of an entry from another one with its number. */
const REMEMBERED = 4096;
/** So many separate gaps are kept apart; a file with more is no journal that lost some lines. */
const KEPT_GAPS = 1000;

type Gap = { readonly from: number; readonly to: number; readonly line: number };

/**
 * The chain of one journal, entry by entry, in memory that does not grow with it.
 *
 * C1 The first entry has number 1 and follows `GENESIS_HASH`; every other follows the one before it by number and hash.
 * C2 A finding names what was done, where the entries still show it: an entry that comes too late was moved, one that
 *    never comes was dropped, one that comes again is a copy or a fork.
 */
export class Chain {
  readonly #findings: Findings;
  #head: Head = { seq: 0, hash: GENESIS_HASH };
  #gaps: Gap[] = [];
  readonly #seqs = new Float64Array(REMEMBERED);
  readonly #hashes: string[] = [];

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Before the first entry: the chain goes on after this place. */
  startAfter(place: Head): void {
    this.#head = place;
  }

  /** The entry with the highest number so far. */
  get head(): Head {
    return this.#head;
  }

  /** Adds the entry of a line; gives its canonical text. */
  add(entry: JournalEvent, line: number): string {
    const { seq, hash, prevHash } = entry;
    const { text, hash: actual } = sealed(entry);
    if (actual !== hash) {
      this.#findings.add("edited", line, seq, `the content of entry ${seq} does not have the hash it states`);
    }
    if (seq <= this.#head.seq) {
      this.#late(seq, hash, line);
      return text;
    }
    if (seq > this.#head.seq + 1) {
      if (this.#gaps.length < KEPT_GAPS) this.#gaps.push({ from: this.#head.seq + 1, to: seq - 1, line });
      else this.#findings.add("dropped", line, seq, `entries before ${seq} are missing`);
    } else if (prevHash !== this.#head.hash) {
      const before = seq === 1 ? "the beginning of a journal" : `entry ${seq - 1} as it stands here`;
      this.#findings.add("unlinked", line, seq, `entry ${seq} does not follow ${before}`);
    }
    this.#head = { seq, hash };
    this.#remember(seq, hash);
    return text;
  }

  #remember(seq: number, hash: string): void {
    const slot = seq % REMEMBERED;
    this.#seqs[slot] = seq;
    this.#hashes[slot] = hash;
  }

  #late(seq: number, hash: string, line: number): void {
    const gap = this.#gaps.find(({ from, to }) => from <= seq && seq <= to);
    if (gap !== undefined) {
      this.#findings.add("reordered", line, seq, `entry ${seq} stands after entry ${this.#head.seq}`);
      this.#narrow(gap, seq);
      this.#remember(seq, hash);
      return;
    }
    const slot = seq % REMEMBERED;
    const known = this.#seqs[slot] === seq ? this.#hashes[slot] : undefined;
    if (known === hash) this.#findings.add("duplicated", line, seq, `entry ${seq} stands here a second time`);
    else {
      const which = known === undefined ? "a second" : "another";
      this.#findings.add("forked", line, seq, `${which} entry claims the number ${seq}`);
    }
  }

  /** Takes one number out of a gap. */
  #narrow(gap: Gap, seq: number): void {
    if (this.#gaps.length >= KEPT_GAPS) return;
    const parts = [
      { ...gap, to: seq - 1 },
      { ...gap, from: seq + 1 },
    ].filter(({ from, to }) => from <= to);
    this.#gaps = this.#gaps.flatMap((one) => (one === gap ? parts : [one]));
  }

  /** Reports what never came. */
  end(): void {
    for (const { from, to, line } of this.#gaps) {
      const missing = from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`;
      this.#findings.add("dropped", line, from, `${missing} before this line`);
    }
  }
}
