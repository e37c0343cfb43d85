import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Journal } from "../../../durable-objects/runtime/journal.ts";
import { applyActorSchema } from "../../../durable-objects/runtime/schema.ts";
import type { JournalEvent } from "./client.ts";
import { exportLines, firstFork, type JournalReport, verifyJournal } from "./index.ts";
import { diceOf, headOf, mutate, parseExport, WAYS } from "./journal/testing/mutations.ts";

const ASSET = "ast_00000000000000000000000001";
const START_MS = Date.parse("2026-01-02T03:04:05.000Z");

type Data = Record<string, unknown>;

/** The entries that the server's own journal makes of this data, read back as a client gets them. */
function entriesOf(all: readonly Data[]): JournalEvent[] {
  const database = new DatabaseSync(":memory:");
  const exec = (query: string, ...bindings: SQLInputValue[]) => {
    const rows = database.prepare(query).all(...bindings);
    return { toArray: () => rows, one: () => rows[0] };
  };
  // SAFETY: a journal and its schema use no more of the storage than this.
  const storage = { sql: { exec }, transactionSync: (work: () => void) => work() } as unknown as DurableObjectStorage;
  applyActorSchema(storage, { steps: [], baseline: [] });
  const journal = new Journal(storage.sql);
  all.forEach((data, i) => {
    journal.append([{ type: `Kind${i % 7}`, version: 1, data }], START_MS + i * 125, () => `evt_${i}`);
  });
  const entries = JSON.parse(JSON.stringify(journal.read(0, all.length))) as JournalEvent[];
  database.close();
  return entries;
}

async function joined(lines: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const line of lines) text += line;
  return text;
}

const exported = (entries: readonly JournalEvent[]): Promise<string> =>
  joined(exportLines({ assetId: ASSET }, async (after) => entries.slice(after, after + 7)));

/** The bytes in pieces of this size, so that items and characters are cut anywhere. */
async function* inPieces(text: string, sizeBytes = 1000): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.slice(at, at + sizeBytes);
}

const verified = (text: string, head: { seq: number; hash: string } | null = null): Promise<JournalReport> =>
  verifyJournal(inPieces(text), { head });

const named = (data: readonly Data[]): Data[] => data.map((one, i) => (i === 0 ? { ...one, assetId: ASSET } : one));

const anyData = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()) as fc.Arbitrary<Data>;
const samples = (count: number, lengths: fc.ArrayConstraints): JournalEvent[][] =>
  fc.sample(fc.array(anyData, lengths), { numRuns: count, seed: 20260102 }).map((data) => entriesOf(named(data)));

/** What shows without a header and a trailer too. */
const IN_THE_CHAIN: ReadonlySet<string> = new Set(["dropped", "edited", "unlinked", "reordered", "duplicated"]);

describe("a journal's verification", () => {
  it("agrees with hashes made by another program", async () => {
    const data = [
      { name: "größe 猫.jpg", tags: [], assetId: ASSET },
      { fraction: 0.25, 10: true, 9: null },
    ];
    const text = [
      '{"at":"2026-01-02T03:04:05.000Z","data":{"assetId":"ast_00000000000000000000000001","name":"größe 猫.jpg","tags":[]},"hash":"07591af424d931bd97e1dcef1cd49c04b6ec0150c465e6864dd2b89754a8bf94","id":"evt_1","prevHash":"0000000000000000000000000000000000000000000000000000000000000000","seq":1,"type":"AssetCreated","version":1}',
      '{"at":"2026-01-02T03:04:06.125Z","data":{"10":true,"9":null,"fraction":0.25},"hash":"d6f2a4b1ff5f4e6b4060b0f2a8de3ee92dff49ffda190e65706f4cc7aa5ff0c3","id":"evt_2","prevHash":"07591af424d931bd97e1dcef1cd49c04b6ec0150c465e6864dd2b89754a8bf94","seq":2,"type":"AnalysisAdvanced","version":1}',
    ];
    expect(data).toEqual(text.map((line) => (JSON.parse(line) as JournalEvent).data));
    const report = await verified(text.join("\n"));
    expect(report).toEqual({
      valid: true,
      owner: { assetId: ASSET },
      entries: 2,
      head: { seq: 2, hash: "d6f2a4b1ff5f4e6b4060b0f2a8de3ee92dff49ffda190e65706f4cc7aa5ff0c3" },
      end: "open",
      findings: [],
      findingCount: 0,
    });
  });

  it("finds 1,000 of 1,000 falsifications of real journals, and names them", async () => {
    const journals = samples(40, { minLength: 2, maxLength: 30 });
    const found = new Map<string, number>();
    for (let seed = 0; seed < 1000; seed += 1) {
      const dice = diceOf(seed);
      const original = await exported(journals[dice(journals.length)]!);
      const { text, kind, line, rewrittenFrom, needsHead, name } = mutate(original, seed, dice);
      const told = `seed ${seed}, ${name}`;
      expect(text, told).not.toBe(original);
      const alone = await verified(text);
      const head = headOf(parseExport(original));
      const { valid, findings } =
        rewrittenFrom === undefined && needsHead === undefined ? alone : await verified(text, head);
      expect(valid, told).toBe(false);
      const matching = findings.filter((one) => one.kind === kind && (line === undefined || one.line === line));
      expect(matching, `${told}: ${JSON.stringify(findings)}`).not.toEqual([]);
      const fork = await firstFork(inPieces(original), inPieces(text));
      if (rewrittenFrom !== undefined) expect(fork?.seq, told).toBe(rewrittenFrom);
      // What has every hash right is a valid journal by itself: nothing in it tells.
      if (rewrittenFrom !== undefined || needsHead !== undefined) expect(alone.valid, told).toBe(true);
      if (IN_THE_CHAIN.has(kind) && rewrittenFrom === undefined) {
        const plain = text.split("\n").slice(1, -2).join("\n");
        const { findings: inPlain } = await verified(plain);
        const at = line === undefined ? undefined : line - 1;
        const here = inPlain.filter((one) => one.kind === kind && (at === undefined || one.line === at));
        expect(here, `${told}, without header and trailer`).not.toEqual([]);
      }
      found.set(name, (found.get(name) ?? 0) + 1);
    }
    expect([found.size, [...found.values()].reduce((sum, count) => sum + count)]).toEqual([WAYS, 1000]);
  });

  it("finds every replaced byte of a file", async () => {
    const [entries] = samples(1, { minLength: 3, maxLength: 3 });
    const bytes = new TextEncoder().encode(await exported(entries!));
    const missed: number[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      const other = Uint8Array.from(bytes);
      other[at] = bytes[at] === 0x31 ? 0x32 : 0x31;
      const source = async function* () {
        yield other;
      };
      if ((await verifyJournal(source())).valid) missed.push(at);
    }
    expect(missed).toEqual([]);
  });

  it("raises no false alarm, whatever the data, the form and the pieces", async () => {
    const journals = [[], ...samples(200, { maxLength: 40 })];
    for (const [index, entries] of journals.entries()) {
      const forms = [
        await exported(entries),
        entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""),
        JSON.stringify(entries),
        JSON.stringify(entries, null, 2),
      ].slice(0, entries.length === 0 ? 1 : 4);
      for (const [form, text] of forms.entries()) {
        const report = await verifyJournal(inPieces(text, 1 + ((index * 37) % 900)));
        expect(report.findings, `journal ${index}, form ${form}`).toEqual([]);
        expect([report.entries, report.head.seq]).toEqual([entries.length, entries.length]);
        expect(report.end).toBe(form === 0 ? "trailer" : "open");
      }
    }
  });

  it("takes an earlier head of a journal that has gone on, and an earlier export beside it", async () => {
    const [entries] = samples(1, { minLength: 20, maxLength: 20 });
    const later = await exported(entries!);
    for (let seq = 0; seq <= 20; seq += 1) {
      const earlier = await exported(entries!.slice(0, seq));
      expect((await verified(later, headOf(parseExport(earlier)))).valid).toBe(true);
      expect(await firstFork(inPieces(earlier), inPieces(later))).toBeNull();
    }
  });

  it("tells a copy from a fork far back, and keeps its findings few", async () => {
    const entries = entriesOf(Array.from({ length: 9000 }, (_, n) => ({ n })));
    const lines = entries.map((entry) => JSON.stringify(entry));
    const far = await verified([...lines, lines[0]].join("\n"));
    expect(far.findings).toMatchObject([{ kind: "forked", line: 9001, seq: 1 }]);
    const near = await verified([...lines, lines[8000]].join("\n"));
    expect(near.findings).toMatchObject([{ kind: "duplicated", line: 9001, seq: 8001 }]);
    const evensFirst = [...lines.filter((_, i) => i % 2 === 1), ...lines.filter((_, i) => i % 2 === 0)];
    const shuffled = await verified(evensFirst.join("\n"));
    expect([shuffled.valid, shuffled.findings.length]).toEqual([false, 100]);
    const backwards = await verified(lines.toReversed().join("\n"));
    expect([backwards.findings.length, backwards.findingCount]).toEqual([100, 8999]);
  });

  it("does not read on for ever", async () => {
    const endless = async function* () {
      for (;;) yield new Uint8Array(1_000_000).fill(65);
    };
    const { valid, findings } = await verifyJournal(endless());
    expect([valid, findings[0]?.detail]).toEqual([false, "an item is longer than 4194304 bytes"]);
    const deep = `{"at":"2026-01-02T03:04:05.000Z","data":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}},"hash":"${"0".repeat(64)}","id":"e","prevHash":"${"0".repeat(64)}","seq":1,"type":"T","version":1}`;
    expect((await verified(deep)).findings).toMatchObject([{ kind: "malformed", line: 1 }]);
    const stuck = exportLines({ assetId: ASSET }, async () => entriesOf([{}]));
    await expect(joined(stuck)).rejects.toThrow("The page after entry 1 ends with entry 1.");
  });

  it.each([
    ["nothing", ""],
    ["blank lines", "\n\n"],
    ["an array that does not end", "[1, 2"],
    ["text after an array", '[{}] {"a":1}'],
    ["an array with a hole", "[{},,{}]"],
    ["a header alone", '{"assetId":"ast_1","format":"aima-journal@1"}\n'],
    ["another format", '{"assetId":"ast_1","format":"aima-journal@2"}\n{"hash":"0","seq":0}\n'],
    ["white space", `{"assetId":"ast_1", "format":"aima-journal@1"}\n{"hash":"${"0".repeat(64)}","seq":0}\n`],
    ["a header without an owner", '{"format":"aima-journal@1"}\n'],
  ])("does not take %s for a journal", async (_what, text) => {
    expect((await verified(text)).valid).toBe(false);
  });
});
