import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { DeadLetter, FailedMessage } from "../../shared/contracts/dead-letters.ts";
import { type TenantStub, tenantObject } from "../addresses.ts";
import { DeadLetterStore, deadLetterId } from "./dead-letters.ts";

const DAY_MS = 86_400_000;
const ALL = { queue: null, status: null, limit: 100, after: null } as const;

const failed = (seq: number, over: Partial<FailedMessage> = {}): FailedMessage => ({
  queue: "index",
  body: { tenant: "ten_letters", assetId: "ast_1", seq },
  messageId: `message-${seq}`,
  attempts: 5,
  error: null,
  ...over,
});

let tenants = 0;
function freshTenant(): { tenant: TenantStub; raw: DurableObjectStub; name: string } {
  tenants += 1;
  const name = `ten_letters${tenants}`;
  return { name, tenant: tenantObject(env, name), raw: env.TENANT.get(env.TENANT.idFromName(name)) };
}

/** Runs with the object's own store, for times and bounds of the test's choice. */
const withStore = <T>(raw: DurableObjectStub, use: (store: DeadLetterStore) => T): Promise<T> =>
  runInDurableObject(raw, (_instance, state) => use(new DeadLetterStore(state.storage)));

/** What the tenant sends to its queue `index`; with `fault` the queue takes nothing. */
async function watchQueue(raw: DurableObjectStub, fault: { message: string | null }): Promise<unknown[][]> {
  const batches: unknown[][] = [];
  await runInDurableObject(raw, (instance) => {
    // SAFETY: the object's own environment; its queue is replaced for this object only.
    const owner = instance as unknown as { env: Env };
    const sendBatch = async (messages: Iterable<{ body: unknown }>): Promise<void> => {
      if (fault.message !== null) throw new Error(fault.message);
      batches.push([...messages].map(({ body }) => body));
    };
    owner.env = { ...owner.env, INDEX_QUEUE: { sendBatch } as unknown as Queue };
  });
  return batches;
}

describe("dead letters of a tenant", () => {
  it("D1, D2: are stored once, however often one arrival is delivered, also after a restart", async () => {
    const { tenant, raw } = freshTenant();
    await tenant.keepDeadLetter(failed(1), "ast_1");
    await tenant.keepDeadLetter(failed(1), "ast_1");
    await evictDurableObject(raw);
    await tenant.keepDeadLetter(failed(1), "ast_1");
    const { letters, dropped } = await tenant.deadLetters(ALL);
    expect(letters).toEqual([
      {
        id: deadLetterId("index", failed(1).body),
        queue: "index",
        entity: "ast_1",
        body: { tenant: "ten_letters", assetId: "ast_1", seq: 1 },
        status: "open",
        attempts: 5,
        lastError: null,
        firstFailedAt: expect.any(String),
        lastFailedAt: letters[0]?.lastFailedAt,
      },
    ]);
    expect(dropped).toBe(0);
  });

  it("D1: are told apart by queue and content, not by the order in which the content is written", async () => {
    const { tenant } = freshTenant();
    await tenant.keepDeadLetter(failed(1), "ast_1");
    await tenant.keepDeadLetter(
      failed(1, { messageId: "b", body: { seq: 1, assetId: "ast_1", tenant: "ten_letters" } }),
      "ast_1",
    );
    await tenant.keepDeadLetter(failed(1, { messageId: "c", queue: "place" }), "ast_1");
    await tenant.keepDeadLetter(failed(2), "ast_1");
    const { letters } = await tenant.deadLetters(ALL);
    expect(letters.map(({ queue, attempts }) => `${queue} ${attempts}`).toSorted()).toEqual([
      "index 10",
      "index 5",
      "place 5",
    ]);
  });

  it("say what the last try failed with, when the consumer could tell", async () => {
    const { tenant } = freshTenant();
    const { queue, body } = failed(1);
    await tenant.noteLastError(queue, body, "x".repeat(5_000));
    expect((await tenant.deadLetters(ALL)).letters).toEqual([]);
    await tenant.keepDeadLetter(failed(1), "ast_1");
    await tenant.keepDeadLetter(failed(2, { error: "malformed" }), "ast_1");
    const errors = (await tenant.deadLetters(ALL)).letters.map(({ lastError }) => String(lastError)).toSorted();
    expect(errors).toEqual(["malformed", "x".repeat(1_000)]);
  });

  it("D3: are open again when the message fails again after it was redriven, and not by a late delivery", async () => {
    const { tenant, raw } = freshTenant();
    const batches = await watchQueue(raw, { message: null });
    await tenant.keepDeadLetter(failed(1), "ast_1");
    const id = deadLetterId("index", failed(1).body);
    for (let i = 0; i < 3; i += 1) {
      expect(await tenant.redrive(id)).toMatchObject({ ok: true, value: { status: "redriven" } });
    }
    expect(batches).toEqual([[failed(1).body]]);
    await tenant.keepDeadLetter(failed(1), "ast_1");
    expect(await tenant.deadLetter(id)).toMatchObject({ value: { status: "redriven", attempts: 5 } });
    await tenant.keepDeadLetter(failed(1, { messageId: "again" }), "ast_1");
    expect(await tenant.deadLetter(id)).toMatchObject({ value: { status: "open", attempts: 10 } });
  });

  it("stay open when the queue does not take them", async () => {
    const { tenant, raw } = freshTenant();
    const fault: { message: string | null } = { message: "the queue is away" };
    const batches = await watchQueue(raw, fault);
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    await tenant.keepDeadLetter(failed(1), "ast_1");
    const id = deadLetterId("index", failed(1).body);
    expect(await tenant.redrive(id)).toMatchObject({ ok: false, error: { code: "queue_unavailable" } });
    expect(await tenant.redriveAll({ queue: null, limit: 10 })).toMatchObject({ ok: false });
    expect(await tenant.deadLetter(id)).toMatchObject({ value: { status: "open" } });
    fault.message = null;
    expect(await tenant.redrive(id)).toMatchObject({ ok: true, value: { status: "redriven" } });
    expect(batches).toEqual([[failed(1).body]]);
    log.mockRestore();
  });

  it("are sent again oldest first, in batches that a queue takes", async () => {
    const { tenant, raw } = freshTenant();
    const batches = await watchQueue(raw, { message: null });
    await tenant.bootstrap("ten_letters", "Letters");
    const pad = "x".repeat(50_000);
    await withStore(raw, (store) => {
      for (let seq = 1; seq <= 130; seq += 1) {
        const over = seq > 120 ? { body: { seq, pad } } : { body: { seq } };
        store.keep(failed(seq, over), null, seq, { maxLetters: 1_000, maxAgeMs: DAY_MS });
      }
    });
    expect(await tenant.redriveAll({ queue: "index", limit: 125 })).toEqual({
      ok: true,
      value: { redriven: 125, remaining: 5 },
    });
    const sent = batches.flat() as { seq: number }[];
    expect(sent.map(({ seq }) => seq)).toEqual(Array.from({ length: 125 }, (_, i) => i + 1));
    expect(batches.map((batch) => batch.length)).toEqual([100, 23, 2]);
    expect(await tenant.redriveAll({ queue: "place", limit: 100 })).toEqual({
      ok: true,
      value: { redriven: 0, remaining: 0 },
    });
  });

  it("are thrown away: what the message said is forgotten, and it is not sent again", async () => {
    const { tenant, raw } = freshTenant();
    const batches = await watchQueue(raw, { message: null });
    await tenant.keepDeadLetter(failed(1), "ast_1");
    const id = deadLetterId("index", failed(1).body);
    expect(await tenant.purge(id)).toEqual({ ok: true, value: null });
    expect(await tenant.purge(id)).toEqual({ ok: true, value: null });
    expect(await tenant.deadLetter(id)).toMatchObject({ value: { status: "purged", body: null } });
    expect(await tenant.redrive(id)).toMatchObject({ ok: false, error: { code: "dead_letter_purged" } });
    expect(await tenant.redriveAll({ queue: null, limit: 10 })).toMatchObject({ value: { redriven: 0 } });
    expect(batches).toEqual([]);
  });

  it("D4: are at most so many and so old; the oldest go first, and are counted", async () => {
    const { tenant, raw } = freshTenant();
    await tenant.bootstrap("ten_letters", "Letters");
    const bounds = { maxLetters: 3, maxAgeMs: 90 * DAY_MS };
    await withStore(raw, (store) => {
      for (let seq = 1; seq <= 5; seq += 1) store.keep(failed(seq), null, seq * DAY_MS, bounds);
    });
    const seqs = async (): Promise<unknown> => {
      const { letters, dropped } = await tenant.deadLetters(ALL);
      return [dropped, letters.map(({ body }) => (body as { seq: number }).seq)];
    };
    expect(await seqs()).toEqual([2, [5, 4, 3]]);
    await withStore(raw, (store) => store.keep(failed(6), null, 94.5 * DAY_MS, bounds));
    expect(await seqs()).toEqual([4, [6, 5]]);
  });

  it("are listed newest first, page by page, by queue and by status", async () => {
    const { tenant, raw } = freshTenant();
    await tenant.bootstrap("ten_letters", "Letters");
    await withStore(raw, (store) => {
      for (let seq = 1; seq <= 6; seq += 1) {
        // Two each fail in the same millisecond.
        const queue = seq % 3 === 0 ? "place" : "index";
        store.keep(failed(seq, { queue }), null, Math.ceil(seq / 2), { maxLetters: 9, maxAgeMs: DAY_MS });
      }
    });
    const whole = (await tenant.deadLetters(ALL)).letters;
    expect(whole.map(({ firstFailedAt }) => Date.parse(firstFailedAt))).toEqual([3, 3, 2, 2, 1, 1]);
    const paged: DeadLetter[] = [];
    for (let after: { firstFailedAt: string; id: string } | null = null; ;) {
      const page: DeadLetter[] = (await tenant.deadLetters({ ...ALL, limit: 1, after })).letters;
      paged.push(...page);
      after = page[0] ?? null;
      if (after === null) break;
    }
    expect(paged).toEqual(whole);
    const places = (await tenant.deadLetters({ ...ALL, queue: "place" })).letters;
    expect(places.map(({ body }) => (body as { seq: number }).seq)).toEqual([6, 3]);
    await tenant.purge(whole[0]?.id ?? "");
    expect((await tenant.deadLetters({ ...ALL, status: "purged" })).letters.map(({ id }) => id)).toEqual([
      whole[0]?.id,
    ]);
  });

  it("T2: a tenant that never was has none, and nothing is written for the question", async () => {
    const { tenant, raw } = freshTenant();
    expect(await tenant.deadLetters(ALL)).toEqual({ letters: [], dropped: 0 });
    expect(await tenant.redriveAll({ queue: null, limit: 9 })).toMatchObject({ value: { redriven: 0 } });
    expect(await tenant.purge("dlt_0")).toMatchObject({ ok: false, error: { code: "not_found" } });
    const tables = await runInDurableObject(raw, (_instance, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'dead_letters'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});
