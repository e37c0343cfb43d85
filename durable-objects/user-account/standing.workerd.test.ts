import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import {
  credentials,
  dumpOf,
  founded,
  loggedIn,
  mailedBy,
  minuteAfterMails,
  newAccount,
  nobody,
  PASSWORD,
  refreshWith,
  sqlIn,
  type TestAccount,
  value,
} from "./testing/accounts.ts";

const NEXT = "Copper-Meadow-83-violins";
const invalidToken = { error: { code: "invalid_token" } };

const invite = (made: TestAccount) =>
  mailedBy("invite", () => made.account.create({ ...newAccount(made), kind: "invited", invitedBy: "usr_admin" }, null));

const external = (over: Partial<{ provider: string; subject: string; verifiedEmail: string | null }> = {}) => ({
  provider: "corp",
  subject: "s-1",
  verifiedEmail: null,
  remember: false,
  userAgent: null,
  address: "local",
  ...over,
});

describe("entering", () => {
  it("an invited user chooses a password once, and a weak one does not spend the invitation", async () => {
    const made = nobody();
    const [secret = ""] = await invite(made);
    expect(await made.account.logIn(credentials())).toMatchObject({ error: { code: "invalid_credentials" } });
    const weak = await made.account.acceptInvitation(secret, "password1");
    expect(weak).toMatchObject({ error: { code: "weak_password", detail: expect.stringContaining("no_upper_case") } });
    expect(await made.account.acceptInvitation("0".repeat(64), PASSWORD)).toMatchObject(invalidToken);
    const accepted = value(await made.account.acceptInvitation(secret, PASSWORD));
    expect(accepted).toMatchObject({ status: "active", emailVerified: true });
    expect(await made.account.acceptInvitation(secret, NEXT)).toMatchObject(invalidToken);
    await loggedIn(made.account);
  });

  it("a registered user gets in when the address is proven; a token is good for its purpose and time only", async () => {
    const made = nobody();
    const [secret = ""] = await mailedBy("verify", () =>
      made.account.create({ ...newAccount(made), kind: "registered", password: PASSWORD }, null),
    );
    expect(await made.account.logIn(credentials())).toMatchObject({ error: { code: "account_not_active" } });
    expect(await made.account.resetPassword(secret, NEXT)).toMatchObject(invalidToken);
    await sqlIn(made.raw, "UPDATE mailed_tokens SET expires_at = ?", Date.now());
    expect(await made.account.verifyMail(secret)).toMatchObject(invalidToken);
    await minuteAfterMails(made.raw);
    const [another = ""] = await mailedBy("verify", () => made.account.registeredAgain(NEXT));
    expect(value(await made.account.verifyMail(another))).toMatchObject({ status: "active", emailVerified: true });
    await loggedIn(made.account);
  });

  it("creating again repeats the answer; another request under its key is a conflict; a refused one leaves no user", async () => {
    const made = nobody();
    const wanted = { ...newAccount(made), kind: "founded" as const, password: PASSWORD };
    const once = { key: "k", fingerprint: "one" };
    const weak = await made.account.create({ ...wanted, password: made.email }, once);
    expect(weak).toMatchObject({ error: { code: "weak_password" } });
    const first = await made.account.create(wanted, once);
    expect(first).toMatchObject({ ok: true, value: { version: 1 } });
    await evictDurableObject(made.raw);
    expect(await made.account.create(wanted, once)).toEqual({ ...first, replayed: true });
    expect(await made.account.create(wanted, { ...once, fingerprint: "two" })).toMatchObject({
      error: { code: "idempotency_conflict" },
    });
    expect(await made.account.create({ ...wanted, email: "other@example.com" }, null)).toMatchObject({ ok: false });
  });

  it("an identity provider that has proven the address links the user, and voids what a stranger may have set", async () => {
    const made = nobody();
    await made.account.create({ ...newAccount(made), kind: "registered", password: PASSWORD }, null);
    const refused = { error: { code: "invalid_credentials" } };
    expect(await made.account.logInExternally(external())).toMatchObject(refused);
    expect(await made.account.logInExternally(external({ verifiedEmail: "x@example.com" }))).toMatchObject(refused);
    value(await made.account.logInExternally(external({ verifiedEmail: made.email })));
    expect(value(await made.account.get())).toMatchObject({ status: "active", identities: ["corp"] });
    expect(await made.account.logIn(credentials())).toMatchObject(refused);
    const other = external({ subject: "s-2", verifiedEmail: made.email });
    expect(await made.account.logInExternally(other)).toMatchObject(refused);
    value(await made.account.logInExternally(external()));
    value(await made.account.suspend());
    expect(await made.account.logInExternally(external())).toMatchObject({ error: { code: "account_not_active" } });
    expect(await nobody().account.logInExternally(external())).toMatchObject(refused);
  });
});

describe("passwords", () => {
  it("a change asks for the current one, and ends all other sessions", async () => {
    const { account } = await founded();
    const here = await loggedIn(account);
    const there = await loggedIn(account);
    const change = { current: PASSWORD, next: NEXT, sessionId: here.sessionId };
    expect(await account.changePassword({ ...change, current: NEXT })).toMatchObject({
      error: { code: "invalid_credentials" },
    });
    expect(await account.changePassword({ ...change, next: PASSWORD })).toMatchObject({
      error: { code: "weak_password", detail: expect.stringContaining("same_as_before"), pointer: "/newPassword" },
    });
    value(await account.changePassword(change));
    expect(await account.lease(here.sessionId)).not.toBeNull();
    expect(await account.lease(there.sessionId)).toBeNull();
    expect(await account.logIn(credentials())).toMatchObject({ error: { code: "invalid_credentials" } });
    await loggedIn(account, { password: NEXT });
  });

  it("a reset token is good once, the newest only; it ends sessions and a lock", async () => {
    const { account, raw } = await founded();
    const session = await loggedIn(account);
    const [older = ""] = await mailedBy("reset", () => account.requestPasswordReset());
    await minuteAfterMails(raw);
    const [newer = ""] = await mailedBy("reset", () => account.requestPasswordReset());
    // Whoever asks a hundred times a minute neither fills the mailbox nor makes the mailed token worthless.
    for (let i = 0; i < 100; i += 1) await account.requestPasswordReset();
    expect(await sqlIn(raw, "SELECT id FROM mails")).toEqual([]);
    expect(await dumpOf(raw)).not.toContain(newer);
    for (let i = 0; i < 5; i += 1) await account.logIn(credentials({ password: NEXT }));
    expect(await account.resetPassword(older, NEXT)).toMatchObject(invalidToken);
    const outcomes = await Promise.all([NEXT, `${NEXT}!`].map((each) => account.resetPassword(newer, each)));
    expect(outcomes.map((each) => each.ok)).toEqual([true, false]);
    expect(await refreshWith(account, session)).toMatchObject(invalidToken);
    await loggedIn(account, { password: NEXT });
  });

  it("a mail that did not go out lies sealed, across a restart, until the alarm sends it", async () => {
    const { account, raw, email } = await founded();
    const faults: string[] = [];
    const error = vi.spyOn(console, "error").mockImplementation((line: string) => faults.push(line));
    const log = vi.spyOn(console, "log").mockImplementation(() => {
      throw new Error("the mailer is down");
    });
    await account.requestPasswordReset();
    await vi.waitFor(async () => {
      expect(await sqlIn(raw, "SELECT attempts FROM mails")).toEqual([{ attempts: 1 }]);
    });
    log.mockRestore();
    error.mockRestore();
    expect(faults.join()).toContain("mail_failed");
    expect(faults.join()).not.toContain(email);
    expect(await dumpOf(raw)).not.toContain("aimt_reset");
    await evictDurableObject(raw);
    await sqlIn(raw, "UPDATE mails SET next_at = ?", Date.now());
    const [secret = ""] = await mailedBy("reset", () => runDurableObjectAlarm(raw));
    expect(await sqlIn(raw, "SELECT id FROM mails")).toEqual([]);
    value(await account.resetPassword(secret, NEXT));
  });

  it("voided by an administrator, it opens nothing, and its user is mailed a token", async () => {
    const { account } = await founded();
    const session = await loggedIn(account);
    const [secret = ""] = await mailedBy("reset", () => account.voidPassword());
    expect(await account.logIn(credentials())).toMatchObject({ error: { code: "invalid_credentials" } });
    expect(await account.lease(session.sessionId)).toBeNull();
    value(await account.resetPassword(secret, NEXT));
    await loggedIn(account, { password: NEXT });
  });
});

describe("what an administrator does under a key", () => {
  it("is done once, also when it is repeated at once or after a crash", async () => {
    const { account, raw } = await founded();
    const key = { key: "resetUserPassword:1", fingerprint: "f" };
    const views = await Promise.all(Array.from({ length: 20 }, () => account.voidPassword(key)));
    expect(views.filter(({ replayed }) => replayed === true)).toHaveLength(19);
    await evictDurableObject(raw);
    const [secret = ""] = await mailedBy("reset", () => account.voidPassword());
    value(await account.resetPassword(secret, NEXT));
    const { sessionId } = await loggedIn(account, { password: NEXT });
    expect(await account.voidPassword(key)).toMatchObject({ ok: true, replayed: true, value: { status: "active" } });
    expect(await account.lease(sessionId)).not.toBeNull();
    expect(await account.voidPassword({ ...key, fingerprint: "g" })).toMatchObject({
      error: { code: "idempotency_conflict" },
    });
    expect(await account.unlock({ key: "unlockUser:1", fingerprint: "f" })).not.toHaveProperty("replayed");
    expect(await account.unlock({ key: "unlockUser:1", fingerprint: "f" })).toMatchObject({ replayed: true });
  });
});

describe("profile and deletion", () => {
  it("another address has to be proven again; only the version that was seen is changed", async () => {
    const made = await founded();
    const [secret = ""] = await mailedBy("verify", () =>
      made.account.updateProfile({ email: `new-${made.email}`, fullName: null }, 1),
    );
    const view = value(await made.account.get());
    expect(view).toMatchObject({ email: `new-${made.email}`, emailVerified: false, fullName: null, status: "active" });
    expect(await made.account.updateProfile({ username: "someone" }, 1)).toMatchObject({
      error: { code: "precondition_failed" },
    });
    expect(value(await made.account.verifyMail(secret)).emailVerified).toBe(true);
  });

  it("a deleted user is nobody: answers are those of an account that never was, and no secret stays", async () => {
    const { account, raw, email } = await founded();
    const session = await loggedIn(account);
    await mailedBy("reset", () => account.requestPasswordReset());
    value(await account.delete());
    expect(await dumpOf(raw)).not.toContain(email);
    await evictDurableObject(raw);
    expect(await account.lease(session.sessionId)).toBeNull();
    expect(await account.logIn(credentials())).toMatchObject({ error: { code: "invalid_credentials" } });
    for (const outcome of [await account.get(), await account.activate(), await account.delete()]) {
      expect(outcome).toMatchObject({ error: { code: "not_found" } });
    }
    for (const table of ["secrets", "sessions", "identities", "mailed_tokens", "mails"]) {
      expect(await sqlIn(raw, `SELECT * FROM ${table}`)).toEqual([]);
    }
  });
});
