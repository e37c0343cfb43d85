import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { TENANT, founded, loggedIn, nobody, sqlIn, type TestAccount, value } from "./testing/accounts.ts";

/** Messages that leave the object from now on; a full queue takes none. */
async function queueOf({ raw }: TestAccount) {
  const sent: unknown[] = [];
  const queue = { full: false };
  const send = async (body: unknown) => {
    if (queue.full) throw new Error("the queue takes none");
    sent.push(body);
  };
  const take = () =>
    runInDurableObject(raw, (instance) => {
      // SAFETY: the binding is the object's own, and this test its only user.
      const { env } = instance as unknown as { env: Env };
      Object.defineProperty(env.INDEX_QUEUE, "send", { value: send, configurable: true });
    });
  await take();
  return { sent, queue, take };
}

const outboxOf = ({ raw }: TestAccount) => sqlIn(raw, "SELECT key, attempts FROM outbox");

describe("what the list of users is told", () => {
  it("is every change that it shows, logins too, under growing numbers, and nothing secret", async () => {
    const made = await founded();
    const { account, userId, email } = made;
    const first = await account.listing();
    expect(first).toEqual({
      seq: 1,
      user: {
        id: userId,
        email,
        emailVerified: true,
        username: null,
        fullName: "A Person",
        role: "user",
        status: "active",
        totp: false,
        passwordChangedAt: expect.any(String),
        lastLogInAt: null,
        logIns: 0,
        createdAt: expect.any(String),
      },
    });
    await loggedIn(account);
    expect(await account.listing()).toMatchObject({ seq: 2, user: { logIns: 1, lastLogInAt: expect.any(String) } });
    value(await account.changeRole({ role: "guest" }, null));
    expect(await account.listing()).toMatchObject({ seq: 3, user: { role: "guest" } });
    value(await account.delete());
    expect(await account.listing()).toEqual({ seq: 4, user: null });
    expect(await nobody().account.listing()).toBeNull();
    expect(await nobody().account.relist()).toBe(false);
  });

  it("is one row in the transaction of the change, kept until the list confirms that number or a later one", async () => {
    const made = await founded();
    const { account } = made;
    expect(await outboxOf(made)).toMatchObject([{ key: "user" }]);
    await account.confirmListed(0);
    expect(await outboxOf(made)).toHaveLength(1);
    await account.confirmListed(1);
    expect(await outboxOf(made)).toEqual([]);
    await loggedIn(account);
    await loggedIn(account);
    expect(await outboxOf(made)).toHaveLength(1);
    await account.confirmListed(2);
    expect(await outboxOf(made)).toHaveLength(1);
    await account.confirmListed(3);
    expect(await outboxOf(made)).toEqual([]);
    expect(await account.relist()).toBe(true);
    expect(await outboxOf(made)).toHaveLength(1);
    expect(await account.listing()).toMatchObject({ seq: 3 });
  });

  it("goes out again by the alarm when the message was lost, and when the queue took none, across a restart", async () => {
    const made = await founded();
    const { account, raw, userId } = made;
    await account.confirmListed(1);
    const { sent, queue, take } = await queueOf(made);
    queue.full = true;
    await loggedIn(account);
    await expect.poll(() => outboxOf(made)).toMatchObject([{ attempts: 1 }]);
    expect(sent).toEqual([]);
    queue.full = false;
    await evictDurableObject(raw);
    await take();
    const message = { tenant: TENANT, userId, seq: 2 };
    for (const times of [1, 2, 3]) {
      await sqlIn(raw, "UPDATE outbox SET next_at = ?", Date.now());
      await evictDurableObject(raw);
      await take();
      expect(await runDurableObjectAlarm(raw)).toBe(true);
      expect(sent).toEqual(Array.from({ length: times }, () => message));
    }
    await account.confirmListed(2);
    await runDurableObjectAlarm(raw);
    expect(await outboxOf(made)).toEqual([]);
    expect(await runDurableObjectAlarm(raw)).toBe(false);
  });

  it("ends with everything else when the tenant is deleted", async () => {
    const made = await founded();
    await made.account.erase();
    await made.account.erase();
    expect(await made.account.listing()).toBeNull();
    const tables = "SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf*'";
    expect(await sqlIn(made.raw, tables)).toEqual([]);
  });
});
