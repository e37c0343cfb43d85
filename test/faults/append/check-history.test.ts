/** The checkers find what is planted, each fault by its name, and nothing where nothing is. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkHistory, type Finding } from "./check-history.ts";
import { rechained, withoutEvent } from "./forge.ts";
import type { HistoryLine, JournalLine } from "./history-lines.ts";
import { suspectsOf } from "./suspects.ts";

const NOTHING_LEAST = { acknowledged: 0, kills: 0 };

/** An event as a system would show it; `rechained` gives it number and hashes. */
function segment(writer: string, value: number): JournalLine {
  const data = { attempt: 1, segment: value, step: "probe" };
  return { writer, event: { seq: 1, id: `evt_${value}`, type: "SegmentStarted", data, prevHash: "", hash: "" } };
}

const OWN: JournalLine = {
  writer: "job_a",
  event: { seq: 1, id: "evt_0", type: "AttemptStarted", data: { attempt: 1 }, prevHash: "", hash: "" },
};

const WRITER = "job_a";
const acknowledgedUpTo = (count: number): HistoryLine[] =>
  Array.from({ length: count }, (_, index) => index + 1).flatMap((value) => [
    { op: "invoke", writer: WRITER, value },
    { op: "ok", writer: WRITER, value },
  ]);
const journalOf = (values: readonly number[]): JournalLine[] =>
  rechained([OWN, ...values.map((value) => segment(WRITER, value))]);

const kindsOf = (findings: readonly Finding[]): string[] => findings.map(({ kind }) => kind);
function verdict(history: readonly HistoryLine[], journal: readonly JournalLine[]): string[] {
  const { findings } = checkHistory(history, journal, NOTHING_LEAST);
  expect(suspectsOf(history, journal)).toEqual([...new Set(findings.map(({ writer }) => writer))]);
  return kindsOf(findings);
}

describe("a history without a fault", () => {
  it("has no finding", () => {
    expect(verdict(acknowledgedUpTo(4), journalOf([1, 2, 3, 4]))).toEqual([]);
  });

  it("may hold what was never acknowledged, once, or not at all", () => {
    const history: HistoryLine[] = [
      ...acknowledgedUpTo(2),
      { op: "invoke", writer: WRITER, value: 3 },
      { op: "info", writer: WRITER, value: 3 },
      { op: "invoke", writer: WRITER, value: 4 },
    ];
    expect(verdict(history, journalOf([1, 2]))).toEqual([]);
    expect(verdict(history, journalOf([1, 2, 3]))).toEqual([]);
    expect(verdict(history, journalOf([1, 2, 4]))).toEqual([]);
    expect(verdict(history, journalOf([1, 2, 3, 3]))).toEqual(["doubled"]);
  });

  it("hashes as the published example does", () => {
    // Computed with `printf '%s' '{"data":{"b":[1,null],"é":"x"},"id":"evt_1","prevHash":"<64 zeros>","seq":1,"type":"T"}' | sha256sum`.
    const [line] = rechained([
      {
        writer: WRITER,
        event: { seq: 1, id: "evt_1", type: "T", data: { é: "x", b: [1, null] }, prevHash: "", hash: "" },
      },
    ]);
    expect(line?.event.hash).toBe("1f467b84b83861fcdf2f06fccb790b42b86734d5f34fe422c0c35790cb577773");
  });
});

describe("a planted fault", () => {
  const history = acknowledgedUpTo(4);

  it("is found: an acknowledged event is missing", () => {
    expect(verdict(history, withoutEvent(journalOf([1, 2, 3, 4]), 3))).toEqual(["lost"]);
    expect(verdict(history, [])).toEqual(["lost", "lost", "lost", "lost"]);
  });

  it("is found: the newest events are missing", () => {
    expect(verdict(history, journalOf([1, 2, 3, 4]).slice(0, -1))).toEqual(["lost"]);
  });

  it("is found: an event is there twice", () => {
    expect(verdict(history, journalOf([1, 2, 2, 3, 4]))).toEqual(["doubled"]);
    expect(verdict(history, journalOf([1, 2, 3, 4, 2]))).toEqual(["doubled"]);
  });

  it("is found: two events have changed places", () => {
    expect(verdict(history, journalOf([1, 3, 2, 4]))).toEqual(["out-of-order"]);
  });

  it("is found: an event that nobody sent", () => {
    expect(verdict(history, journalOf([1, 2, 3, 4, 5]))).toEqual(["never-invoked"]);
  });

  it("is found: the chain is cut", () => {
    const journal = journalOf([1, 2, 3, 4]);
    const cut = journal.with(2, {
      ...journal[2],
      writer: WRITER,
      event: { ...event(journal, 2), prevHash: "f".repeat(64) },
    });
    expect(verdict(history, cut)).toEqual(["chain-broken", "chain-broken"]);
    const edited = journal.with(2, { writer: WRITER, event: { ...event(journal, 2), id: "evt_other" } });
    expect(verdict(history, edited)).toEqual(["chain-broken"]);
  });

  it("is found: a number is left out", () => {
    const journal = journalOf([1, 2, 3, 4]);
    expect(verdict(history, journal.toSpliced(0, 1))).toContain("sequence-broken");
  });

  it("is found: an event that a reader was shown has become another", () => {
    const before = event(journalOf([1, 2, 3, 4]), 4);
    const read: HistoryLine = { op: "read", writer: WRITER, seq: before.seq, hash: before.hash };
    expect(verdict([...history, read], journalOf([1, 2, 3, 4]))).toEqual([]);
    const unknown: HistoryLine = { op: "invoke", writer: WRITER, value: 5 };
    expect(verdict([...history.slice(0, -2), unknown, read], journalOf([1, 2, 3, 5]))).toEqual(["read-undone"]);
  });

  it("is found: too little has happened to say anything", () => {
    const kill: HistoryLine = { op: "kill", target: "workerd", atMs: 0 };
    const journal = journalOf([1, 2, 3, 4]);
    expect(checkHistory([...history, kill], journal, { acknowledged: 4, kills: 1 }).findings).toEqual([]);
    expect(kindsOf(checkHistory([...history, kill], journal, { acknowledged: 5, kills: 1 }).findings)).toEqual([
      "too-little-happened",
    ]);
    expect(kindsOf(checkHistory(history, journal, { acknowledged: 4, kills: 1 }).findings)).toEqual([
      "too-little-happened",
    ]);
  });
});

describe("any mutation of any whole journal", () => {
  it("is found by both checkers, and the journal itself by neither", () => {
    const mutation = fc.record({
      count: fc.integer({ min: 3, max: 12 }),
      kind: fc.constantFrom("drop", "double", "swap", "invent", "edit", "cut"),
      at: fc.nat(),
      to: fc.nat(),
    });
    fc.assert(
      fc.property(mutation, ({ count, kind, at, to }) => {
        const history = acknowledgedUpTo(count);
        const values = Array.from({ length: count }, (_, index) => index + 1);
        expect(verdict(history, journalOf(values))).toEqual([]);
        expect(verdict(history, mutated(values, kind, at % count, to % count))).not.toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});

function mutated(values: readonly number[], kind: string, at: number, to: number): JournalLine[] {
  const value = values[at] ?? 0;
  switch (kind) {
    case "drop":
      return journalOf(values.toSpliced(at, 1));
    case "double":
      return journalOf(values.toSpliced(to, 0, value));
    case "swap": {
      const other = to === at ? (at + 1) % values.length : to;
      return journalOf(values.with(at, values[other] ?? 0).with(other, value));
    }
    case "invent":
      return journalOf(values.toSpliced(at, 0, values.length + 1));
    case "edit": {
      const journal = journalOf(values);
      const edited = { ...event(journal, at), at: "2000-01-01T00:00:00.000Z" };
      return journal.with(at, { writer: WRITER, event: edited });
    }
    default:
      return journalOf(values).toSpliced(at, 1);
  }
}

function event(journal: readonly JournalLine[], index: number): JournalLine["event"] {
  const line = journal[index];
  if (line === undefined) throw new Error(`No event ${index}`);
  return line.event;
}
