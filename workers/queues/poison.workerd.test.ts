/** A message that cannot be acted on, from its first try to its redrive, with real objects and a broker by the book. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { mediaAsset, tenantObject } from "../../durable-objects/addresses.ts";
import type { AssetChange, AssetIndex } from "../../shared/ports/asset-index.ts";
import type { VectorIndex } from "../../shared/ports/vector-index.ts";
import { FakeUserIndex } from "../api/fakes/user-index.ts";
import { PLATFORM } from "./dead-letters.ts";
import { consumeInto } from "./consume.ts";

const TENANT = "ten_poison1";
const MAX_RETRIES = 4;
const ALL = { queue: null, status: null, limit: 100, after: null } as const;

type Waiting = { readonly id: string; readonly body: unknown; readonly attempts: number };

/** What the index was told, and for which assets it breaks. */
function makeIndexes() {
  const applied: AssetChange[] = [];
  const broken = new Set<string>();
  const tries: string[] = [];
  const index: Pick<AssetIndex, "indexedSeq" | "apply"> = {
    indexedSeq: async (_tenant, assetId) => applied.findLast((each) => each.assetId === assetId)?.toSeq ?? 0,
    apply: async (_tenant, change) => {
      tries.push(change.assetId);
      if (broken.has(change.assetId)) throw new Error("this one breaks the index");
      applied.push(change);
      return change.toSeq;
    },
  };
  const vectors: VectorIndex = {
    upsert: async () => undefined,
    deleteAsset: async () => undefined,
    nearest: async () => [],
  };
  // SAFETY: the consumer uses no more of the index.
  const users = new FakeUserIndex();
  return {
    applied,
    broken,
    tries,
    users,
    consume: consumeInto(() => ({ index: index as AssetIndex, vectors, users })),
  };
}

/**
 * Delivers until nothing is left, as the platform does: a retried message comes again alone with the other retried
 * ones, and after `max_retries` it goes to the dead-letter queue under a new id.
 */
async function deliverAll(consume: ReturnType<typeof consumeInto>, queue: string, first: Waiting[]): Promise<string[]> {
  const done: string[] = [];
  let waiting = first;
  while (waiting.length > 0) {
    const batch = createMessageBatch(
      `aima-${queue}-dev`,
      waiting.map((message) => ({ ...message, timestamp: new Date() })),
    );
    await consume(batch, env);
    const result = await getQueueResult(batch, createExecutionContext());
    done.push(...result.explicitAcks);
    const again = new Set(result.retryMessages.map(({ msgId }) => msgId));
    const failed = waiting.filter(({ id }) => again.has(id));
    const dead = failed.filter(({ attempts }) => attempts > MAX_RETRIES);
    for (const { body } of dead) {
      done.push(...(await deliverAll(consume, `${queue}-dlq`, [{ id: crypto.randomUUID(), body, attempts: 1 }])));
    }
    waiting = failed
      .filter(({ attempts }) => attempts <= MAX_RETRIES)
      .map(({ id, body, attempts }) => ({ id, body, attempts: attempts + 1 }));
  }
  return done;
}

const assetId = (number: number): string => `ast_${String(number).padStart(26, "0")}`;
const message = (number: number, seq: number): Waiting => ({
  id: `message-${number}-${seq}`,
  body: { tenant: TENANT, assetId: assetId(number), seq },
  attempts: 1,
});

beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue(undefined);
  vi.spyOn(console, "error").mockReturnValue(undefined);
});

describe("a poison message", () => {
  it("is isolated after five tries; the others of its batch are done; after the fix it is redriven in order", async () => {
    for (const number of [1, 2, 3]) {
      const body = { name: `${number}.jpg` };
      await mediaAsset(env, TENANT, assetId(number)).create({ tenant: TENANT, assetId: assetId(number), body });
    }
    const { consume, broken, tries, applied } = makeIndexes();
    broken.add(assetId(2));

    const done = await deliverAll(consume, "index", [message(1, 1), message(2, 1), message(3, 1)]);
    expect(done).toContain("message-1-1");
    expect(done).toContain("message-3-1");
    expect(done).not.toContain("message-2-1");
    expect(tries.filter((id) => id === assetId(2))).toHaveLength(5);
    expect(tries.filter((id) => id !== assetId(2))).toHaveLength(2);

    const tenant = tenantObject(env, TENANT);
    const { letters } = await tenant.deadLetters(ALL);
    expect(letters).toMatchObject([
      {
        queue: "index",
        entity: assetId(2),
        body: message(2, 1).body,
        status: "open",
        attempts: 5,
        lastError: "this one breaks the index",
      },
    ]);

    // While the letter waits, its asset goes on; the news of that do not reach the index either.
    await mediaAsset(env, TENANT, assetId(2)).beginUpload();
    broken.clear();
    expect(await tenant.redrive(letters[0]?.id ?? "")).toMatchObject({ ok: true, value: { status: "redriven" } });
    // The redriven message says 1, and a newer one overtakes it: both end in the asset's own order.
    await deliverAll(consume, "index", [message(2, 2), { ...message(2, 1), id: "redriven" }]);
    const own = applied.filter((each) => each.assetId === assetId(2));
    expect(own.map(({ fromSeq, toSeq }) => [fromSeq, toSeq])).toEqual([[0, 2]]);
    expect((await tenant.deadLetters({ ...ALL, status: "open" })).letters).toEqual([]);
  });

  it("acts once on several messages about one asset", async () => {
    await mediaAsset(env, TENANT, assetId(7)).create({ tenant: TENANT, assetId: assetId(7), body: { name: "7.jpg" } });
    const { consume, tries } = makeIndexes();
    const done = await deliverAll(consume, "index", [message(7, 1), message(7, 2), message(7, 3)]);
    expect(done).toEqual(["message-7-1", "message-7-2", "message-7-3"]);
    expect(tries).toEqual([assetId(7)]);
  });

  it("is kept at once when no release understands it, and does not disturb the others", async () => {
    await mediaAsset(env, TENANT, assetId(8)).create({ tenant: TENANT, assetId: assetId(8), body: { name: "8.jpg" } });
    const { consume, tries } = makeIndexes();
    const malformed = { tenant: "ten_poison2", assetId: assetId(8), surprise: true };
    const done = await deliverAll(consume, "index", [{ id: "odd", body: malformed, attempts: 1 }, message(8, 1)]);
    expect(done.toSorted()).toEqual(["message-8-1", "odd"]);
    expect(tries).toEqual([assetId(8)]);
    const { letters } = await tenantObject(env, "ten_poison2").deadLetters(ALL);
    expect(letters).toMatchObject([{ entity: assetId(8), body: malformed, attempts: 1, status: "open" }]);
    expect(letters[0]?.lastError).toMatch(/^malformed message: .*seq/);
  });

  it("of nobody is kept where no key opens", async () => {
    const { consume } = makeIndexes();
    await deliverAll(consume, "index", [{ id: "nobody", body: "junk", attempts: 1 }]);
    const { letters } = await tenantObject(env, PLATFORM).deadLetters(ALL);
    expect(letters).toMatchObject([{ entity: null, body: "junk", queue: "index" }]);
  });

  it("of the inspection ends its asset as quarantined, and is kept once", async () => {
    const tenant = tenantObject(env, "ten_poison3");
    const asset = mediaAsset(env, "ten_poison3", assetId(9));
    await asset.create({ tenant: "ten_poison3", assetId: assetId(9), body: { name: "9.jpg" } });
    const grant = await asset.beginUpload();
    if (!grant.ok) throw new Error(grant.error.code);
    await asset.finishUpload(grant.value.upload, { sizeBytes: 9, sha256: "0".repeat(64) });
    await asset.complete({});
    const { consume } = makeIndexes();
    const body = { tenant: "ten_poison3", assetId: assetId(9), key: "k", name: "9.jpg", sizeBytes: 9 };
    for (let i = 0; i < 2; i += 1) {
      await deliverAll(consume, "inspect-dlq", [{ id: "dead-inspection", body, attempts: 1 }]);
    }
    expect((await tenant.deadLetters(ALL)).letters).toMatchObject([
      { queue: "inspect", entity: assetId(9), attempts: 4, status: "open" },
    ]);
    expect(await asset.get()).toMatchObject({
      value: { status: "quarantined", reason: { code: "inspection_failed" } },
    });
  });
});
