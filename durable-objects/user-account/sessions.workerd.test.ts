import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { credentials, founded, loggedIn, nobody, refreshWith, secretIn, sqlIn, value } from "./testing/accounts.ts";

const ageBy = (raw: DurableObjectStub, ms: number) =>
  sqlIn(raw, "UPDATE sessions SET refreshed_at = refreshed_at - ?", ms);

describe("refresh", () => {
  it("50 at once give one successor, and one state", async () => {
    const { account, raw } = await founded();
    const session = await loggedIn(account);
    const answers = await Promise.all(Array.from({ length: 50 }, () => refreshWith(account, session)));
    const tokens = new Set(answers.map((answer) => value(answer).refreshToken));
    expect(tokens.size).toBe(1);
    expect(tokens).not.toContain(session.refreshToken);
    expect(await sqlIn(raw, "SELECT generation FROM sessions")).toEqual([{ generation: 1 }]);
  });

  it("a lost answer is harmless for 30 s, across a restart too; a later repetition ends the session", async () => {
    const { account, raw } = await founded();
    const session = await loggedIn(account);
    const first = value(await refreshWith(account, session));
    await ageBy(raw, 25_000);
    await evictDurableObject(raw);
    expect(value(await refreshWith(account, session)).refreshToken).toBe(first.refreshToken);
    await ageBy(raw, 6_000);
    expect(await refreshWith(account, session)).toMatchObject({ error: { code: "invalid_token" } });
    expect(await refreshWith(account, first)).toMatchObject({ error: { code: "invalid_token" } });
    expect(await account.lease(session.sessionId)).toBeNull();
  });

  it("an older token ends its session at once, and no other", async () => {
    const { account } = await founded();
    const other = await loggedIn(account);
    const stolen = await loggedIn(account);
    const second = value(await refreshWith(account, stolen));
    value(await refreshWith(account, second));
    expect(await refreshWith(account, stolen)).toMatchObject({ error: { code: "invalid_token" } });
    expect(await account.lease(stolen.sessionId)).toBeNull();
    expect(await account.lease(other.sessionId)).not.toBeNull();
  });

  it("a forged token is refused and ends nothing", async () => {
    const { account } = await founded();
    const session = await loggedIn(account);
    const forged = `00000000${"a".repeat(56)}`;
    const unknown = "ses_00000000000000000000000000";
    expect(await account.refresh(session.sessionId, forged)).toMatchObject({ error: { code: "invalid_token" } });
    expect(await account.refresh(unknown, secretIn(session.refreshToken))).toMatchObject({
      error: { code: "invalid_token" },
    });
    expect(await nobody().account.refresh(unknown, forged)).toMatchObject({ error: { code: "invalid_token" } });
    expect(await refreshWith(account, session)).toMatchObject({ ok: true });
  });

  it("a session ends after 8 hours, or 7 days, however often it is refreshed", async () => {
    const { account, raw } = await founded();
    const beforeMs = Date.now();
    const short = await loggedIn(account);
    const long = await loggedIn(account, { remember: true });
    expect(short.expiresAtMs - beforeMs).toBeGreaterThanOrEqual(28_800_000);
    expect(short.expiresAtMs - beforeMs).toBeLessThan(28_860_000);
    expect(long.expiresAtMs - beforeMs).toBeGreaterThanOrEqual(604_800_000);
    expect(value(await refreshWith(account, short)).expiresAtMs).toBe(short.expiresAtMs);
    await sqlIn(raw, "UPDATE sessions SET expires_at = ? WHERE id = ?", Date.now() + 500, short.sessionId);
    expect((await account.lease(short.sessionId))?.leaseMs).toBeLessThanOrEqual(500);
    await sqlIn(raw, "UPDATE sessions SET expires_at = ? WHERE id = ?", Date.now(), short.sessionId);
    expect(await account.lease(short.sessionId)).toBeNull();
    expect(await refreshWith(account, short)).toMatchObject({ error: { code: "invalid_token" } });
  });
});

describe("sessions", () => {
  it("a user has five; the oldest ends for a sixth", async () => {
    const { account, raw } = await founded();
    const opened = [];
    for (let i = 0; i < 6; i += 1) {
      opened.push(await loggedIn(account, { userAgent: `browser ${i}` }));
      await sqlIn(raw, "UPDATE sessions SET created_at = created_at - 1000");
    }
    const { sessions } = value(await account.sessions());
    expect(sessions.map(({ userAgent }) => userAgent)).toEqual([5, 4, 3, 2, 1].map((each) => `browser ${each}`));
    expect(await account.lease(opened[0]!.sessionId)).toBeNull();
  });

  it("once revoked, no older lease runs and none of the next 1,000 questions is answered, after a restart neither", async () => {
    const { account, raw } = await founded();
    const kept = await loggedIn(account);
    const session = await loggedIn(account);
    const askedAtMs = Date.now();
    const leased = await account.lease(session.sessionId);
    expect(leased?.value).toMatchObject({ actor: { kind: "user", sessionId: session.sessionId, role: "user" } });
    value(await account.revokeSession(session.sessionId));
    expect(Date.now()).toBeGreaterThanOrEqual(askedAtMs + (leased?.leaseMs ?? Infinity));
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => account.lease(session.sessionId)));
    expect(answers.filter((answer) => answer !== null)).toEqual([]);
    expect(await refreshWith(account, session)).toMatchObject({ error: { code: "invalid_token" } });
    await evictDurableObject(raw);
    expect(await account.lease(session.sessionId)).toBeNull();
    expect(await account.lease(kept.sessionId)).not.toBeNull();
    expect(await account.revokeSession(session.sessionId)).toMatchObject({ error: { code: "not_found" } });
  });

  it("a revocation right after a restart waits too: nobody knows what was said before", async () => {
    const { account, raw } = await founded();
    const session = await loggedIn(account);
    await evictDurableObject(raw);
    const atMs = Date.now();
    value(await account.logOut(session.sessionId));
    expect(Date.now() - atMs).toBeGreaterThanOrEqual(1_900);
    value(await account.logOut(session.sessionId));
  });

  it("logging out everywhere spares the one named", async () => {
    const { account } = await founded();
    const here = await loggedIn(account);
    await loggedIn(account);
    await loggedIn(account);
    expect(await account.logOutAll(here.sessionId)).toMatchObject({ value: { ended: 2 } });
    expect(await account.logOutAll(null)).toMatchObject({ value: { ended: 1 } });
  });

  it("fewer permissions hold when the change is answered; a suspended user has no session, and none comes back", async () => {
    const { account } = await founded();
    const session = await loggedIn(account);
    const before = value(await account.get());
    const changed = value(await account.changeRole({ role: "guest", permissions: ["usage:read"] }, before.version));
    expect(changed).toMatchObject({ role: "guest", version: before.version + 1 });
    const permissions = (await account.lease(session.sessionId))?.value.permissions;
    expect(permissions).toContain("usage:read");
    expect(permissions).not.toContain("assets:write");
    expect(await account.changeRole({ role: "admin" }, before.version)).toMatchObject({
      error: { code: "precondition_failed" },
    });
    expect(value(await account.suspend()).status).toBe("suspended");
    expect(await account.lease(session.sessionId)).toBeNull();
    expect(await account.logIn(credentials())).toMatchObject({ error: { code: "account_not_active" } });
    expect(value(await account.activate()).status).toBe("active");
    expect(await refreshWith(account, session)).toMatchObject({ error: { code: "invalid_token" } });
    expect(await account.logIn(credentials())).toMatchObject({ ok: true });
  });
});
