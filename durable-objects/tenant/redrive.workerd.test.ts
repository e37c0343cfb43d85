import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { Once } from "../../shared/contracts/once.ts";
import { type TenantStub, tenantObject } from "../addresses.ts";
import { DeadLetterStore, deadLetterId } from "./dead-letters.ts";
import type { Tenant } from "./object.ts";

const KEY: Once = { key: "redriveDeadLetters:1", fingerprint: "f" };
const ALL = { queue: null, limit: 1_000 };
const BOUNDS = { maxLetters: 10_000, maxAgeMs: 86_400_000 };

type Given = { readonly tenant: TenantStub; readonly raw: DurableObjectStub };

let tenants = 0;
/** A tenant with so many open letters, `{ seq: 1 }` being the oldest. */
async function withLetters(letters: number): Promise<Given> {
  tenants += 1;
  const name = `ten_redrive${tenants}`;
  const raw = env.TENANT.get(env.TENANT.idFromName(name));
  await tenantObject(env, name).bootstrap(name, "Redrive");
  await fail(raw, 1, letters);
  return { tenant: tenantObject(env, name), raw };
}

/** The messages from `first` to `last` fail, or fail once more. */
const fail = (raw: DurableObjectStub, first: number, last: number, run = "a"): Promise<void> =>
  runInDurableObject(raw, (_instance, { storage }) => {
    const store = new DeadLetterStore(storage);
    for (let seq = first; seq <= last; seq += 1) {
      const message = { queue: "index", body: { seq }, messageId: `${run}${seq}`, attempts: 5, error: null } as const;
      store.keep(message, null, seq, BOUNDS);
    }
  });

/** Stands in for the queue in this life of the object; tells what it took. */
async function queueOf({ raw }: Given, take: (batch: number, self: Tenant) => Promise<void>): Promise<number[]> {
  const sent: number[] = [];
  await runInDurableObject(raw, (instance) => {
    // SAFETY: the object's own class and environment; its queue is replaced for this object only.
    const self = instance as unknown as Tenant & { env: Env };
    let batches = 0;
    const sendBatch = async (messages: Iterable<{ body: { seq: number } }>): Promise<void> => {
      batches += 1;
      await take(batches, self);
      sent.push(...[...messages].map(({ body }) => body.seq));
    };
    self.env = { ...self.env, INDEX_QUEUE: { sendBatch } as unknown as Queue };
  });
  return sent;
}

const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("sending dead letters again under a key", () => {
  it("R3: is answered as in flight while it is at work, as a conflict to another request, and then as at first", async () => {
    const given = await withLetters(3);
    const meanwhile: unknown[] = [];
    const sent = await queueOf(given, async (_batch, self) => {
      const others = numbers(1, 20).map(() => self.redriveAll(ALL, KEY));
      for (const answer of await Promise.all(others)) meanwhile.push(answer.ok || answer.error.code);
      const other = await self.redriveAll(ALL, { ...KEY, fingerprint: "g" });
      meanwhile.push(other.ok || other.error.code);
    });
    expect(await given.tenant.redriveAll(ALL, KEY)).toEqual({ ok: true, value: { redriven: 3, remaining: 0 } });
    expect(meanwhile).toEqual([...numbers(1, 20).map(() => "idempotency_in_flight"), "idempotency_conflict"]);
    expect(sent).toEqual([1, 2, 3]);
    await fail(given.raw, 4, 5);
    expect(await given.tenant.redriveAll(ALL, KEY)).toEqual({
      ok: true,
      replayed: true,
      value: { redriven: 3, remaining: 0 },
    });
    expect(await given.tenant.redriveAll(ALL, { ...KEY, fingerprint: "g" })).toMatchObject({
      error: { code: "idempotency_conflict" },
    });
    expect(sent).toEqual([1, 2, 3]);
  });

  it("R1: goes on after a fault and the end of the object with what is left of the choice, and chooses no others", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    const given = await withLetters(250);
    const first = await queueOf(given, async (batch) => {
      if (batch === 2) throw new Error("away");
    });
    expect(await given.tenant.redriveAll({ queue: null, limit: 230 }, KEY)).toMatchObject({
      error: { code: "queue_unavailable" },
    });
    expect(first).toEqual(numbers(1, 100));
    await evictDurableObject(given.raw);
    // Meanwhile others fail, and one of the choice fails once more: it is another letter than the one that was chosen.
    await fail(given.raw, 251, 260);
    await fail(given.raw, 150, 150, "b");
    const rest = await queueOf(given, async () => undefined);
    expect(await given.tenant.redriveAll({ queue: null, limit: 230 }, KEY)).toEqual({
      ok: true,
      value: { redriven: 230, remaining: 31 },
    });
    expect(rest).toEqual(numbers(101, 230).filter((seq) => seq !== 150));
    log.mockRestore();
  });

  it("has its effect once when the object ends between effect and answer", async () => {
    const given = await withLetters(2);
    const sent = await queueOf(given, async () => undefined);
    const lost = await given.tenant.redriveAll(ALL, KEY);
    await evictDurableObject(given.raw);
    const later = await queueOf(given, async () => undefined);
    expect(await given.tenant.redriveAll(ALL, KEY)).toEqual({ ...lost, replayed: true });
    expect([sent, later]).toEqual([[1, 2], []]);
  });

  it("keeps the key when nothing was open", async () => {
    const given = await withLetters(0);
    const sent = await queueOf(given, async () => undefined);
    const nothing = { ok: true, value: { redriven: 0, remaining: 0 } };
    expect(await given.tenant.redriveAll(ALL, KEY)).toEqual(nothing);
    await fail(given.raw, 1, 2);
    expect(await given.tenant.redriveAll(ALL, KEY)).toEqual({ ...nothing, replayed: true });
    expect(sent).toEqual([]);
  });

  it("sends one letter once, also when it has failed again since, and forgets what is purged", async () => {
    const given = await withLetters(1);
    const sent = await queueOf(given, async () => undefined);
    const id = deadLetterId("index", { seq: 1 });
    const key = { key: "redriveDeadLetter:1", fingerprint: "f" };
    expect(await given.tenant.redrive(id, key)).toMatchObject({ ok: true, value: { status: "redriven" } });
    await fail(given.raw, 1, 1, "b");
    expect(await given.tenant.redrive(id, key)).toMatchObject({ replayed: true, value: { status: "open" } });
    expect(sent).toEqual([1]);
    await given.tenant.purge(id);
    expect(await given.tenant.redrive(id, key)).toMatchObject({
      replayed: true,
      value: { status: "purged", body: null },
    });
  });
});
