import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { TOTP } from "otpauth";
import { describe, expect, it } from "vitest";
import { hashPassword } from "../../shared/identity/password-hash.ts";
import {
  credentials,
  dumpOf,
  founded,
  loggedIn,
  mailedBy,
  newAccount,
  nobody,
  PASSWORD,
  secretIn,
  sqlIn,
  type TestAccount,
  value,
} from "./testing/accounts.ts";

const WRONG = { password: "Some-Other-Password-1" };
const STEP_MS = 30_000;
const proof = (password: string) => ({ password, sessionId: "" });

const tablesOf = ({ raw }: TestAccount) =>
  runInDurableObject(raw, (_instance, { storage: { sql } }) =>
    sql.exec("SELECT name FROM sqlite_master WHERE name NOT GLOB '_cf*'").toArray(),
  );

const codesAfter = async ({ account }: TestAccount, attempts: number): Promise<string[]> => {
  const codes: string[] = [];
  for (let i = 0; i < attempts; i += 1) {
    const outcome = await account.logIn(credentials(WRONG));
    codes.push(outcome.ok ? "ok" : `${outcome.error.code} ${outcome.error.detail}`);
  }
  return codes;
};

describe("login", () => {
  it("opens a session with the permissions of the role, and counts", async () => {
    const { account, userId } = await founded();
    const session = await loggedIn(account);
    expect(session).toMatchObject({ tenant: "ten_accounts", userId, role: "user" });
    expect(session.permissions).toContain("assets:write");
    expect(session.permissions).not.toContain("users:manage");
    expect(value(await account.get())).toMatchObject({ logIns: 1, version: 1, lastLogInAt: expect.any(String) });
  });

  it("U2: a known and an unknown account answer word for word alike, and lock alike, across a restart", async () => {
    const known = await founded();
    const unknown = nobody();
    const answers = [await codesAfter(known, 7), await codesAfter(unknown, 7)];
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.map((answer) => answer.split(" ")[0])).toEqual([
      ...Array.from({ length: 5 }, () => "invalid_credentials"),
      "account_locked",
      "account_locked",
    ]);
    for (const { raw, account } of [known, unknown]) {
      await evictDurableObject(raw);
      expect(await account.logIn(credentials())).toMatchObject({ error: { code: "account_locked" } });
      expect(await sqlIn(raw, "SELECT failures FROM lockout")).toEqual([{ failures: "[]" }]);
    }
    await sqlIn(known.raw, "UPDATE lockout SET locked_until = ?", Date.now());
    expect(await known.account.logIn(credentials())).toMatchObject({ ok: true });
  });

  it("50 wrong passwords at once are five guesses, and the right one among them comes too late", async () => {
    const { account } = await founded();
    const guesses = Array.from({ length: 50 }, (_each, at) => account.logIn(credentials(at === 49 ? {} : WRONG)));
    const answers = (await Promise.all(guesses)).map((each) => (each.ok ? "ok" : each.error.code));
    expect(answers.filter((code) => code === "invalid_credentials")).toHaveLength(5);
    expect(answers.filter((code) => code === "account_locked")).toHaveLength(45);
  });

  it("U2: what unknown accounts leave is wiped when it counts no more; a question leaves nothing", async () => {
    const unknown = nobody();
    await codesAfter(unknown, 1);
    await runDurableObjectAlarm(unknown.raw);
    expect(await sqlIn(unknown.raw, "SELECT id FROM lockout")).toHaveLength(1);
    await sqlIn(unknown.raw, "UPDATE lockout SET failures = ?", JSON.stringify([Date.now() - 1_800_001]));
    await runDurableObjectAlarm(unknown.raw);
    expect(await tablesOf(unknown)).toEqual([]);
    expect((await codesAfter(unknown, 1))[0]).toMatch(/^invalid_credentials/);
    const asked = nobody();
    expect(await asked.account.lease("ses_00000000000000000000000000")).toBeNull();
    await asked.account.requestPasswordReset();
    await asked.account.registeredAgain(PASSWORD);
    expect(await asked.account.get()).toMatchObject({ error: { code: "not_found" } });
    expect(await tablesOf(asked)).toEqual([]);
  });

  it("a success forgets the failures before it; an administrator ends a lock", async () => {
    const made = await founded();
    await codesAfter(made, 4);
    await loggedIn(made.account);
    await codesAfter(made, 5);
    expect(await made.account.logIn(credentials())).toMatchObject({ error: { code: "account_locked" } });
    value(await made.account.unlock());
    expect(await made.account.logIn(credentials())).toMatchObject({ ok: true });
  });

  it("a hash with other parameters is replaced when its password is given", async () => {
    const { account, raw } = await founded();
    const [row] = await sqlIn(raw, "SELECT value FROM secrets WHERE name = 'password'");
    // The same password under a cost of an earlier release: half the work.
    const { scryptSync } = await import("node:crypto");
    const salt = Buffer.alloc(16, 7);
    const key = scryptSync(PASSWORD, salt, 32, { N: 16_384, r: 8, p: 1 });
    const old = `scrypt$16384$8$1$${salt.toString("base64url")}$${key.toString("base64url")}`;
    await sqlIn(raw, "UPDATE secrets SET value = ? WHERE name = 'password'", old);
    await loggedIn(account);
    const [after] = await sqlIn(raw, "SELECT value FROM secrets WHERE name = 'password'");
    expect(after?.["value"]).toMatch(/^scrypt\$32768\$8\$1\$/);
    expect(after).not.toEqual(row);
    expect(hashPassword(PASSWORD)).toMatch(/^scrypt\$32768\$8\$1\$/);
    expect(await account.logIn(credentials())).toMatchObject({ ok: true });
  });
});

describe("second factor", () => {
  it("counts from its confirmation on; each code opens once; recovery codes stand in; wrong ones lock", async () => {
    const { account, email } = await founded();
    expect(await account.confirmTotp("000000")).toMatchObject({ error: { code: "totp_not_enrolled" } });
    expect(await account.enrolTotp(proof(WRONG.password))).toMatchObject({ error: { code: "invalid_credentials" } });
    const { secret, uri } = value(await account.enrolTotp(proof(PASSWORD)));
    expect(uri).toContain(encodeURIComponent(email));
    await loggedIn(account);
    const totp = new TOTP({ secret });
    const code = totp.generate();
    const { recoveryCodes } = value(await account.confirmTotp(code));
    expect(new Set(recoveryCodes).size).toBe(10);
    expect(value(await account.get()).totp).toBe(true);

    expect(await account.logIn(credentials())).toMatchObject({ error: { code: "totp_required" } });
    expect(await account.logIn(credentials({ totp: code }))).toMatchObject({ error: { code: "invalid_credentials" } });
    const next = totp.generate({ timestamp: Date.now() + STEP_MS });
    await loggedIn(account, { totp: next });
    expect(await account.logIn(credentials({ totp: next }))).toMatchObject({ error: { code: "invalid_credentials" } });

    const [recoveryCode = "", other = ""] = recoveryCodes;
    await loggedIn(account, { recoveryCode });
    expect(await account.logIn(credentials({ recoveryCode }))).toMatchObject({
      error: { code: "invalid_credentials" },
    });
    for (let i = 0; i < 4; i += 1) await account.logIn(credentials({ recoveryCode: "0000-0000-0000-0000" }));
    expect(await account.logIn(credentials({ recoveryCode: other }))).toMatchObject({
      error: { code: "account_locked" },
    });
    value(await account.unlock());

    const renewed = value(await account.renewRecoveryCodes(proof(PASSWORD))).recoveryCodes;
    expect(await account.logIn(credentials({ recoveryCode: other }))).toMatchObject({
      error: { code: "invalid_credentials" },
    });
    await loggedIn(account, { recoveryCode: renewed[9] ?? "" });
    value(await account.disableTotp(proof(PASSWORD)));
    expect(await account.disableTotp(proof(PASSWORD))).toMatchObject({ error: { code: "totp_not_enrolled" } });
    expect(await account.renewRecoveryCodes(proof(PASSWORD))).toMatchObject({ error: { code: "totp_not_enrolled" } });
    await loggedIn(account);
  });

  it("U4: no database has a secret in clear, and an eviction loses nothing", async () => {
    const made = nobody();
    const { account, raw } = made;
    const once = { key: "create-1", fingerprint: "f".repeat(64) };
    value(await account.create({ ...newAccount(made), kind: "founded", password: PASSWORD }, once));
    const { secret } = value(await account.enrolTotp(proof(PASSWORD)));
    const { recoveryCodes } = value(await account.confirmTotp(new TOTP({ secret }).generate()));
    const session = await loggedIn(account, { recoveryCode: recoveryCodes[0] ?? "" });
    const refreshed = value(await account.refresh(session.sessionId, secretIn(session.refreshToken)));
    await mailedBy("reset", () => account.requestPasswordReset());
    const before = value(await account.get());
    await evictDurableObject(raw);
    const dump = await dumpOf(raw);
    for (const known of [made.email, session.sessionId, "scrypt$32768", "v1.e1."]) expect(dump).toContain(known);
    const secrets = [PASSWORD, secret, once.fingerprint, ...recoveryCodes];
    for (const token of [session.refreshToken, refreshed.refreshToken]) {
      secrets.push(token, secretIn(token), secretIn(token).slice(8));
    }
    for (const each of secrets) {
      expect(dump).not.toContain(each);
      expect(dump).not.toContain(each.replaceAll("-", ""));
    }
    expect(value(await account.get())).toEqual(before);
    expect(await account.lease(session.sessionId)).not.toBeNull();
    await loggedIn(account, { recoveryCode: recoveryCodes[1] ?? "" });
  });
});
