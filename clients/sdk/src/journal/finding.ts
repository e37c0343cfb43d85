/**
 * What is wrong with a journal, by kind:
 *
 * - `malformed`: not an entry, or not written as the format asks for;
 * - `edited`: the content of an entry does not have the hash that the entry states;
 * - `unlinked`: an entry follows another one than the entry before it;
 * - `dropped`: entries are missing between two others, or before the first;
 * - `reordered`: an entry stands after one that follows it;
 * - `duplicated`: an entry stands there twice;
 * - `forked`: two entries claim one number, in this journal or between it and one it was compared with;
 * - `truncated`: entries are missing at the end;
 * - `misnamed`: the header names another asset or job than the first entry.
 */
export type FindingKind =
  | "malformed"
  | "edited"
  | "unlinked"
  | "dropped"
  | "reordered"
  | "duplicated"
  | "forked"
  | "truncated"
  | "misnamed";

export type Finding = {
  readonly kind: FindingKind;
  /** Line of the file, from 1; null for what is wrong with the whole. */
  readonly line: number | null;
  /** Number of the entry that it is about, where there is one. */
  readonly seq: number | null;
  readonly detail: string;
};

/** As many findings of one journal are kept in words; the rest is counted, so that memory stays bounded. */
const KEPT_FINDINGS = 100;

/** The findings of one journal, in the order of its lines. */
export class Findings {
  readonly #kept: Finding[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(kind: FindingKind, line: number | null, seq: number | null, detail: string): void {
    this.#count += 1;
    if (this.#kept.length < KEPT_FINDINGS) this.#kept.push({ kind, line, seq, detail });
  }

  list(): readonly Finding[] {
    return this.#kept.toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
  }
}
