/**
 * Ways to falsify an export, each with what a verification has to say about it. The hashes of forged entries are made
 * with the server's own code, so that a forgery is as good as its author could make it.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../../../../shared/core/canonical-json.ts";
import type { JournalEvent } from "../../client.ts";
import type { Head } from "../chain.ts";
import type { FindingKind } from "../finding.ts";

/** A whole number from 0, below `below`. */
export type Dice = (below: number) => number;

/** The same numbers for the same seed (a linear congruence modulo 2^32, of which the upper bits are used). */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export type Mutation = {
  readonly text: string;
  /** What has to be among the findings. */
  readonly kind: FindingKind;
  /** Where, when the falsification shows at one line. */
  readonly line?: number;
  /** The first number of a history written anew: it shows only beside the export, or with a head from it. */
  readonly rewrittenFrom?: number;
  /** It shows only with the head of the export. */
  readonly needsHead?: true;
};

type Export = { readonly header: string; readonly entries: readonly JournalEvent[]; readonly trailer: string };

export function parseExport(text: string): Export {
  const lines = text.split("\n").slice(0, -1);
  return {
    header: lines[0]!,
    entries: lines.slice(1, -1).map((line) => JSON.parse(line) as JournalEvent),
    trailer: lines.at(-1)!,
  };
}

export function headOf({ entries }: Export): Head {
  const last = entries.at(-1);
  return { seq: last?.seq ?? 0, hash: last?.hash ?? "0".repeat(64) };
}

function withHash({ hash: _old, ...entry }: JournalEvent): JournalEvent {
  return { ...entry, hash: createHash("sha256").update(canonicalJson(entry)).digest("hex") };
}

/** The entries as one chain, numbered and hashed anew. */
function chained(entries: readonly JournalEvent[]): JournalEvent[] {
  let prevHash = "0".repeat(64);
  return entries.map((entry, index) => {
    const next = withHash({ ...entry, seq: index + 1, prevHash });
    prevHash = next.hash;
    return next;
  });
}

const lineOf = (index: number): number => index + 2;

function written(of: Export, entries: readonly unknown[], trailer = of.trailer): string {
  return [of.header, ...entries.map(canonicalJson), trailer].map((line) => `${line}\n`).join("");
}

/** The entries as one chain, with a trailer to match. */
function forged(of: Export, entries: readonly JournalEvent[]): string {
  const anew = chained(entries);
  return written(of, anew, canonicalJson(headOf({ ...of, entries: anew })));
}

function edited(entry: JournalEvent, dice: Dice): JournalEvent {
  const flipped = (hash: string): string => (hash.startsWith("0") ? "1" : "0") + hash.slice(1);
  const edits: ((entry: JournalEvent) => JournalEvent)[] = [
    (one) => ({ ...one, id: `${one.id}0` }),
    (one) => ({ ...one, type: `${one.type}d` }),
    (one) => ({ ...one, version: one.version + 1 }),
    (one) => ({ ...one, at: new Date(Date.parse(one.at) + 1).toISOString() }),
    (one) => ({ ...one, data: { ...one.data, "": one.data[""] === 0 ? 1 : 0 } }),
    (one) => ({ ...one, data: { deep: [one.data] } }),
    (one) => ({ ...one, hash: flipped(one.hash) }),
    (one) => ({ ...one, prevHash: flipped(one.prevHash) }),
  ];
  return edits[dice(edits.length)]!(entry);
}

const MUTATORS: readonly ((of: Export, at: number, dice: Dice) => Mutation)[] = [
  function drop(of, at) {
    const isLast = at === of.entries.length - 1;
    const text = written(of, of.entries.toSpliced(at, 1));
    return { text, kind: isLast ? "truncated" : "dropped", line: lineOf(at) };
  },
  function edit(of, at, dice) {
    return { text: written(of, of.entries.with(at, edited(of.entries[at]!, dice))), kind: "edited", line: lineOf(at) };
  },
  function editAndSeal(of, at) {
    const entry = withHash({ ...of.entries[at]!, type: "Other" });
    const isLast = at === of.entries.length - 1;
    const text = written(of, of.entries.with(at, entry));
    return { text, kind: isLast ? "forked" : "unlinked", line: lineOf(at + 1) };
  },
  function reorder(of, at, dice) {
    const to = dice(of.entries.length - 1);
    const moved = of.entries[at]!;
    const text = written(of, of.entries.toSpliced(at, 1).toSpliced(to >= at ? to + 1 : to, 0, moved));
    return { text, kind: "reordered" };
  },
  function duplicate(of, at, dice) {
    const where = at + 1 + dice(of.entries.length - at);
    const text = written(of, of.entries.toSpliced(where, 0, of.entries[at]!));
    return { text, kind: "duplicated", line: lineOf(where) };
  },
  function cutAnywhere(of, _at, dice) {
    const whole = written(of, of.entries);
    // At least one byte more than the newline at the end, which says nothing.
    const length = 1 + dice(whole.length - 2);
    return { text: whole.slice(0, length), kind: length < of.header.length ? "malformed" : "truncated" };
  },
  function cutBeforeTrailer(of, at) {
    return { text: written(of, of.entries.slice(0, at)), kind: "truncated" };
  },
  function cutWithTrailer(of, at) {
    return { text: forged(of, of.entries.slice(0, at)), kind: "truncated", needsHead: true };
  },
  function forkInside(of, at) {
    const other = withHash({ ...of.entries[at]!, type: "Other" });
    return { text: written(of, of.entries.toSpliced(at + 1, 0, other)), kind: "forked", line: lineOf(at + 1) };
  },
  function forkAnew(of, at) {
    const text = forged(of, of.entries.with(at, { ...of.entries[at]!, type: "Other" }));
    return { text, kind: "forked", rewrittenFrom: at + 1 };
  },
  function dropAnew(of, at) {
    const isLast = at === of.entries.length - 1;
    const text = forged(of, of.entries.toSpliced(at, 1));
    return isLast ? { text, kind: "truncated", needsHead: true } : { text, kind: "truncated", rewrittenFrom: at + 1 };
  },
  function insertAnew(of, at) {
    // Before the last: a copy after it would be no falsification, but a journal that has gone on.
    const where = Math.min(at, of.entries.length - 2);
    const text = forged(of, of.entries.toSpliced(where, 0, of.entries[where]!));
    return { text, kind: "forked", rewrittenFrom: where + 2 };
  },
  function reorderAnew(of, at) {
    const first = Math.min(at, of.entries.length - 2);
    const [one, two] = [of.entries[first]!, of.entries[first + 1]!];
    return {
      text: forged(of, of.entries.with(first, two).with(first + 1, one)),
      kind: "forked",
      rewrittenFrom: first + 1,
    };
  },
  function extraMember(of, at) {
    return {
      text: written(of, of.entries.with(at, { ...of.entries[at]!, note: 1 } as never)),
      kind: "malformed",
      line: lineOf(at),
    };
  },
  function otherNumber(of, at) {
    const { seq } = of.entries[at]!;
    const lines = written(of, of.entries).split("\n");
    lines[at + 1] = lines[at + 1]!.replace(`"seq":${seq},`, `"seq":${seq}.0,`);
    return { text: lines.join("\n"), kind: "malformed", line: lineOf(at) };
  },
  function twice(of, at) {
    const lines = written(of, of.entries).split("\n");
    lines[at + 1] = lines[at + 1]!.replace(/^\{/, '{"at":"2000-01-01T00:00:00.000Z",');
    return { text: lines.join("\n"), kind: "malformed", line: lineOf(at) };
  },
  function otherOwner(of) {
    const text = written({ ...of, header: of.header.replace("ast_", "ast_9") }, of.entries);
    return { text, kind: "misnamed", line: 2 };
  },
  function garbage(of, at, dice) {
    const lines = written(of, of.entries).split("\n");
    const where = dice(lines.length - 1);
    lines.splice(where, 0, ["", "null", "{", "[]", "\u0000", '"text"'][at % 6]!);
    const text = lines.join("\n");
    return where === 0 ? { text, kind: "malformed" } : { text, kind: "malformed", line: where + 1 };
  },
];

/** How many ways there are; a mutation of way `n` and of way `n + MUTATORS` differ in their place only. */
export const WAYS = MUTATORS.length;

/** A falsification of an export of two entries or more. */
export function mutate(text: string, way: number, dice: Dice): Mutation & { readonly name: string } {
  const of = parseExport(text);
  const mutator = MUTATORS[way % WAYS]!;
  return { ...mutator(of, dice(of.entries.length), dice), name: mutator.name };
}
