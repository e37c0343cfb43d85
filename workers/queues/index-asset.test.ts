/**
 * Consumers of one asset that overtake each other, are ended between any two steps and have their messages lost,
 * repeated and reordered: the rows end as a replay of the journal has them.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetSummary } from "../../shared/contracts/asset.ts";
import type { Insight } from "../../shared/contracts/insight.ts";
import { ok } from "../../shared/core/result.ts";
import { PgvectorIndex } from "../../shared/adapters/pgvector/vector-index.ts";
import { type AssetChange, type AssetIndex, IndexUnavailable } from "../../shared/ports/asset-index.ts";
import type { VectorIndex } from "../../shared/ports/vector-index.ts";
import { assetId, change, insight } from "../../test/support/index-data.ts";
import { freshTenant, startPostgres, type TestPostgres } from "../../test/support/postgres.ts";
import { indexAsset } from "./index-asset.ts";

const ID = assetId(1);
const SPACE = "test-space";
/** Insights of one page of changes, at least. */
const PAGE = 2;

type JournalEntry =
  | { readonly kind: "found"; readonly ids: readonly string[] }
  | { readonly kind: "renamed" }
  | { readonly kind: "deleted" }
  | { readonly kind: "restored" };

/** What somebody sees who looks into the index. */
type Rows = {
  readonly name: string | null;
  readonly insights: readonly (readonly [id: string, text: string])[];
  readonly vectors: readonly (readonly [id: string, seq: number])[];
};

const textAt = (id: string, seq: number): string => `${id} at ${seq}`;

/** The asset as the consumer knows it, over the first `length` entries of its journal. */
class FakeAsset {
  readonly journal: JournalEntry[] = [];
  confirmed = true;

  append(entry: JournalEntry): void {
    this.journal.push(entry);
    this.confirmed = false;
  }

  get deleted(): boolean {
    return this.journal.findLast(({ kind }) => kind === "deleted" || kind === "restored")?.kind === "deleted";
  }

  get name(): string {
    return `name ${this.journal.findLastIndex(({ kind }) => kind === "renamed") + 1}.jpg`;
  }

  /** The newest finding of each id, in the order of recording. */
  findings(): (readonly [id: string, seq: number])[] {
    const newest = new Map<string, number>();
    this.journal.forEach((entry, index) => {
      if (entry.kind === "found") for (const id of entry.ids) newest.set(id, index + 1);
    });
    return [...newest].toSorted(([, a], [, b]) => a - b);
  }

  changesSince(after: number): AssetChange {
    const all = this.deleted ? [] : this.findings().filter(([, seq]) => seq > after);
    const insights: Insight[] = [];
    let toSeq = Math.max(this.journal.length, after);
    let last = after;
    for (const [id, seq] of all) {
      if (insights.length >= PAGE && seq !== last) {
        toSeq = last;
        break;
      }
      insights.push(insight(id, textAt(id, seq), { embedding: { space: SPACE, vector: [seq, 1] } }));
      last = seq;
    }
    const over: Partial<AssetSummary> = { seq: this.journal.length, name: this.name };
    return change(ID, [after, toSeq], insights, this.deleted ? { ...over, status: "deleted" } : over);
  }

  /** What a replay of the journal leads to: written without any of the code under test. */
  replay(): Rows {
    if (this.deleted) return { name: null, insights: [], vectors: [] };
    const found = this.findings().toSorted(byId);
    return {
      name: this.name,
      insights: found.map(([id, seq]) => [id, textAt(id, seq)] as const),
      vectors: found,
    };
  }
}

/** A consumer that stops before every step it takes, until it is let on. */
class Consumer {
  readonly attempt: number;
  ended = false;
  /** What ended it early; its message comes again. */
  failure: Error | null = null;
  #go: (() => void) | null = null;
  #halted: (() => void) | null = null;

  constructor(attempt: number, run: (pause: () => Promise<void>, attempt: number) => Promise<void>) {
    this.attempt = attempt;
    void run(() => this.#pause(), attempt)
      .catch((error: unknown) => {
        this.failure = error instanceof Error ? error : new Error(String(error));
      })
      .then(() => {
        this.ended = true;
        this.#halted?.();
      });
  }

  /** Takes one step. */
  async advance(): Promise<void> {
    if (this.ended) return;
    const halted = new Promise<void>((resolve) => (this.#halted = resolve));
    this.#go?.();
    await halted;
  }

  #pause(): Promise<void> {
    this.#halted?.();
    return new Promise((resolve) => (this.#go = resolve));
  }
}

type Action =
  | { readonly do: "append"; readonly entry: JournalEntry; readonly send: boolean }
  | { readonly do: "deliver" | "repeat" | "lose" | "advance" | "kill"; readonly which: number };

type Stores = { readonly index: Pick<AssetIndex, "indexedSeq" | "apply">; readonly vectors: VectorIndex };

/** Plays the actions, then lets the outbox and the queue do what they promise until the asset is confirmed. */
async function play(actions: readonly Action[], tenant: string, { index, vectors }: Stores): Promise<FakeAsset> {
  const asset = new FakeAsset();
  const queue: { attempt: number }[] = [];
  const running: Consumer[] = [];
  const start = (attempt: number): Consumer =>
    new Consumer(attempt, async (pause, own) => {
      const step = async <T>(effect: () => Promise<T>): Promise<T> => {
        await pause();
        return effect();
      };
      await indexAsset(
        { tenant, assetId: ID, attempt: own },
        {
          changesSince: (after) => step(async () => ok(asset.changesSince(after))),
          confirmIndexed: (seq) =>
            step(async () => {
              if (seq >= asset.journal.length) asset.confirmed = true;
            }),
        },
        // SAFETY: the consumer uses no more of the index.
        {
          indexedSeq: (...call) => step(() => index.indexedSeq(...call)),
          apply: (...call) => step(() => index.apply(...call)),
        } as AssetIndex,
        {
          ...vectors,
          upsert: (...call) => step(() => vectors.upsert(...call)),
          deleteAsset: (...call) => step(() => vectors.deleteAsset(...call)),
        },
      );
    });
  const pick = <T>(from: T[], which: number): T | undefined => from.splice(which % Math.max(1, from.length), 1)[0];

  for (const action of actions) {
    switch (action.do) {
      case "append":
        asset.append(action.entry);
        if (action.send) queue.push({ attempt: 1 });
        break;
      case "deliver": {
        const message = pick(queue, action.which);
        if (message !== undefined) running.push(start(message.attempt));
        break;
      }
      case "repeat":
        if (queue.length > 0) queue.push({ attempt: 1 });
        break;
      case "lose":
        pick(queue, action.which);
        break;
      case "advance": {
        const consumer = running[action.which % Math.max(1, running.length)];
        await consumer?.advance();
        break;
      }
      case "kill": {
        // Not acknowledged: it comes again.
        const killed = pick(running, action.which);
        if (killed !== undefined && !killed.ended) queue.push({ attempt: killed.attempt + 1 });
        break;
      }
    }
  }
  for (;;) {
    for (const message of queue.splice(0)) running.push(start(message.attempt));
    while (running.some(({ ended }) => !ended)) for (const consumer of running) await consumer.advance();
    queue.push(...failed(running.splice(0)));
    if (asset.confirmed && queue.length === 0) return asset;
    queue.push({ attempt: 1 });
  }
}

/** A busy database may refuse a call: the message comes again. Anything else ends the test. */
function failed(consumers: readonly Consumer[]): { attempt: number }[] {
  return consumers.flatMap(({ failure, attempt }) => {
    if (failure === null) return [];
    if (failure instanceof IndexUnavailable) return [{ attempt: attempt + 1 }];
    throw failure;
  });
}

const entry = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("found" as const),
      ids: fc.subarray(["a", "b", "c", "d"], { minLength: 1 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "renamed" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "deleted" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restored" as const }) },
);
const which = fc.nat(7);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("append" as const), entry, send: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("deliver" as const), which }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant("advance" as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("kill" as const, "repeat" as const, "lose" as const), which }),
  },
);

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

async function rowsInPostgres(tenant: string): Promise<Rows> {
  const { sql } = postgres;
  const assets = await sql`select name from assets where tenant = ${tenant} and not deleted`;
  const insights = await sql`select id, text from insights where tenant = ${tenant} and kind <> 'asset' order by id`;
  const vectors = await sql`
    select insight_id as id, vector::text as vector from insight_vectors
    where tenant = ${tenant} and space = ${SPACE} order by insight_id`;
  return {
    name: assets[0] === undefined ? null : String(assets[0]["name"]),
    insights: insights.map((row) => [String(row["id"]), String(row["text"])] as const),
    vectors: vectors.map(
      (row) => [String(row["id"]), (JSON.parse(String(row["vector"])) as number[])[0] ?? 0] as const,
    ),
  };
}

/** The promises of both ports over plain maps: fast enough for thousands of histories. */
function memoryStores() {
  const vectors = new Map<string, number>();
  const insights = new Map<string, { seq: number; text: string }>();
  let applied = new Set<number>();
  let known: { seq: number; name: string; deleted: boolean } | null = null;
  const indexed = (): number => {
    let seq = 0;
    while (applied.has(seq + 1)) seq += 1;
    return seq;
  };
  const stores: Stores = {
    index: {
      indexedSeq: async () => indexed(),
      apply: async (_tenant, { fromSeq, toSeq, summary, insights: found }) => {
        if (known === null || known.seq < summary.seq) {
          const deleted = summary.status === "deleted";
          if (deleted || known?.deleted === true) applied = new Set();
          known = { seq: summary.seq, name: summary.name, deleted };
          if (deleted) insights.clear();
        }
        if (known.deleted || summary.status === "deleted") return indexed();
        for (let seq = fromSeq + 1; seq <= toSeq; seq += 1) applied.add(seq);
        for (const { id, text } of found) {
          if ((insights.get(id)?.seq ?? 0) < toSeq) insights.set(id, { seq: toSeq, text: text ?? "" });
        }
        return indexed();
      },
    },
    vectors: {
      upsert: async (_tenant, entries) => {
        for (const { insightId, space, vector } of entries) if (space === SPACE) vectors.set(insightId, vector[0] ?? 0);
      },
      deleteAsset: async () => vectors.clear(),
      nearest: async () => [],
    },
  };
  const rows = (): Rows => ({
    name: known === null || known.deleted ? null : known.name,
    insights: [...insights]
      .filter(([id]) => id.length === 1)
      .map(([id, { text }]) => [id, text] as const)
      .toSorted(byId),
    vectors: [...vectors].toSorted(byId),
  });
  return { stores, rows };
}

const byId = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

const history = (maxLength: number) => fc.array(action, { minLength: 20, maxLength, size: "max" });

describe("consumers of one asset", () => {
  it("end in the rows of a replay, whatever overtakes, ends or is lost (5,000 histories over maps)", async () => {
    const done = { killed: 0, lost: 0, repeated: 0 };
    await fc.assert(
      fc.asyncProperty(history(120), async (actions) => {
        const { stores, rows } = memoryStores();
        const asset = await play(actions, "ten_memory", stores);
        for (const each of actions) {
          if (each.do === "kill") done.killed += 1;
          if (each.do === "lose") done.lost += 1;
          if (each.do === "repeat") done.repeated += 1;
        }
        if (asset.journal.length > 0) expect(rows()).toEqual(asset.replay());
      }),
      { numRuns: 5_000 },
    );
    for (const count of Object.values(done)) expect(count).toBeGreaterThan(1_000);
  });

  it("end in the rows of a replay, whatever overtakes, ends or is lost (20 histories over Postgres)", async () => {
    let compared = 0;
    const stores = { index: postgres.index, vectors: new PgvectorIndex(postgres.sql) };
    await fc.assert(
      fc.asyncProperty(history(40), async (actions) => {
        const tenant = freshTenant();
        const asset = await play(actions, tenant, stores);
        if (asset.journal.length === 0) return;
        compared += 1;
        expect(await rowsInPostgres(tenant)).toEqual(asset.replay());
      }),
      { numRuns: 20 },
    );
    expect(compared).toBeGreaterThan(10);
  });
});
