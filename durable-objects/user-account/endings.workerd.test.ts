/** Sessions that end in passing, at an edge that believes in them: from the answer on nobody gets in by them. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { founded, loggedIn, newAccount, nobody, PASSWORD, refreshWith, sqlIn, value } from "./testing/accounts.ts";
import { makeEdge } from "./testing/edge.ts";

const invalidToken = { error: { code: "invalid_token" } };

describe("U3: when it is answered, none of the next 1,000 requests gets in", () => {
  it("by the session that ends for a sixth", async () => {
    const edge = await makeEdge();
    const { account, raw } = await founded();
    const opened = [];
    for (let i = 0; i < 5; i += 1) {
      opened.push(await loggedIn(account));
      await sqlIn(raw, "UPDATE sessions SET created_at = created_at - 1000");
    }
    const [oldest, second] = await Promise.all(opened.slice(0, 2).map((session) => edge.tokenOf(session)));
    // The last of them is believed a moment before.
    expect([await edge.letIn(second ?? "", 1), await edge.letIn(oldest ?? "", 50)]).toEqual([1, 50]);
    await loggedIn(account);
    expect(await edge.letIn(oldest ?? "", 1_000)).toBe(0);
    expect(await edge.letIn(second ?? "", 1)).toBe(1);
  });

  it("by the session whose refresh token was used again; who asks meanwhile is answered no sooner", async () => {
    const edge = await makeEdge();
    const { account } = await founded();
    const stolen = await loggedIn(account);
    const next = value(await refreshWith(account, stolen));
    value(await refreshWith(account, next));
    const token = await edge.tokenOf(stolen);
    expect(await edge.letIn(token, 50)).toBe(50);
    const thief = refreshWith(account, stolen).then(async (answer) => [answer, await edge.letIn(token, 1_000)]);
    const owner = refreshWith(account, next).then(async (answer) => [answer, await edge.letIn(token, 1_000)]);
    expect(await Promise.all([thief, owner])).toMatchObject([
      [invalidToken, 0],
      [invalidToken, 0],
    ]);
  });

  it("by that session, when the object ends between the effect and the answer and is asked again", async () => {
    const edge = await makeEdge();
    const { account, raw } = await founded();
    const stolen = await loggedIn(account);
    const next = value(await refreshWith(account, stolen));
    value(await refreshWith(account, next));
    const token = await edge.tokenOf(stolen);
    expect(await edge.letIn(token, 1)).toBe(1);
    const lost = refreshWith(account, stolen).catch(() => null);
    await expect.poll(() => sqlIn(raw, "SELECT id FROM sessions")).toEqual([]);
    await evictDurableObject(raw);
    expect(await refreshWith(account, stolen)).toMatchObject(invalidToken);
    expect(await edge.letIn(token, 1_000)).toBe(0);
    await lost;
  });

  it("by a stranger's session, at the first login through a provider", async () => {
    const edge = await makeEdge();
    const made = nobody();
    value(await made.account.create({ ...newAccount(made), kind: "registered", password: PASSWORD }, null));
    value(await made.account.activate());
    const token = await edge.tokenOf(await loggedIn(made.account));
    expect(await edge.letIn(token, 50)).toBe(50);
    const login = { provider: "corp", subject: "s-1", remember: false, userAgent: null, address: "local" };
    value(await made.account.logInExternally({ ...login, verifiedEmail: made.email }));
    expect(await edge.letIn(token, 1_000)).toBe(0);
  });
});

it("what ended a lease ago, or by itself, keeps nobody waiting", async () => {
  const { account, raw } = await founded();
  const session = await loggedIn(account);
  value(await account.logOut(session.sessionId));
  let waits = 0;
  await runInDurableObject(raw, (instance) => {
    // SAFETY: the shell's own; nobody else has it.
    const { leases } = instance as unknown as { leases: { over(): Promise<void> } };
    leases.over = async () => {
      waits += 1;
    };
  });
  await refreshWith(account, session);
  expect(waits).toBe(1);
  await sqlIn(raw, "UPDATE session_ends SET at = at - 2000");
  expect(await refreshWith(account, session)).toMatchObject(invalidToken);
  await sqlIn(raw, "UPDATE sessions SET expires_at = ?", Date.now());
  await loggedIn(account);
  expect(waits).toBe(1);
});
