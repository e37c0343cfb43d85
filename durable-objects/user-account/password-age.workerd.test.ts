import { TOTP } from "otpauth";
import { describe, expect, it } from "vitest";
import { parseMailedToken } from "../../shared/core/identity/secret-token.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { credentials, dumpOf, founded, loggedIn, mailedBy, PASSWORD, sqlIn, value } from "./testing/accounts.ts";

const NEXT = "Copper-Meadow-83-violins";
const invalidToken = { error: { code: "invalid_token" } };
const DAY_MS = 86_400_000;

/** As if the password had been chosen so long ago. */
const age = (raw: DurableObjectStub, agoMs: number) =>
  sqlIn(raw, "UPDATE account SET body = json_set(body, '$.passwordChangedAtMs', ?)", Date.now() - agoMs);

async function chosen(agoMs: number) {
  const made = await founded();
  await age(made.raw, agoMs);
  return made;
}

async function refusalOf(account: Awaited<ReturnType<typeof founded>>["account"], over = {}): Promise<Refusal> {
  const outcome = await account.logIn(credentials(over));
  if (outcome.ok) throw new Error("It has opened a session");
  return outcome.error;
}

async function tokenFor(account: Awaited<ReturnType<typeof founded>>["account"], over = {}) {
  const { code, members } = await refusalOf(account, over);
  expect(code).toBe("password_expired");
  const token = parseMailedToken("expired", members?.["changeToken"] ?? "");
  return { secret: token?.secret ?? "", userId: token?.userId, expiresAt: members?.["changeTokenExpiresAt"] ?? "" };
}

describe("a password of 90 days", () => {
  it("opens no session, but its own change: once, to another one, and not for who knows only the password", async () => {
    const { account, raw, userId } = await chosen(90 * DAY_MS);
    expect(value(await account.get()).passwordChangedAt).not.toBeNull();
    expect(await refusalOf(account, { password: NEXT })).toMatchObject({ code: "invalid_credentials" });
    const beforeMs = Date.now();
    const first = await tokenFor(account);
    expect(first.userId).toBe(userId);
    expect(Date.parse(first.expiresAt) - beforeMs).toBeGreaterThanOrEqual(900_000);
    expect(value(await account.sessions()).sessions).toEqual([]);
    const { secret } = await tokenFor(account);
    expect(await account.replaceExpiredPassword(first.secret, NEXT)).toMatchObject(invalidToken);
    expect(await account.resetPassword(secret, NEXT)).toMatchObject(invalidToken);
    expect(await dumpOf(raw)).not.toContain(secret);
    for (const [password, problem] of [
      [PASSWORD, "same_as_before"],
      ["password1", "no_upper_case"],
    ] as const) {
      expect(await account.replaceExpiredPassword(secret, password)).toMatchObject({
        error: { code: "weak_password", detail: expect.stringContaining(problem), pointer: "/password" },
      });
    }
    value(await account.replaceExpiredPassword(secret, NEXT));
    expect(await account.replaceExpiredPassword(secret, `${NEXT}!`)).toMatchObject(invalidToken);
    expect(await refusalOf(account)).toMatchObject({ code: "invalid_credentials" });
    await loggedIn(account, { password: NEXT });
  });

  it("takes the second factor first", async () => {
    const { account, raw } = await founded();
    const session = await loggedIn(account);
    const { secret } = value(await account.enrolTotp({ password: PASSWORD, sessionId: session.sessionId }));
    const { recoveryCodes } = value(await account.confirmTotp(new TOTP({ secret }).generate()));
    await age(raw, 90 * DAY_MS);
    expect(await refusalOf(account)).toMatchObject({ code: "totp_required" });
    const wrong = { recoveryCode: "0000-0000-0000-0000" };
    expect(await refusalOf(account, wrong)).toMatchObject({ code: "invalid_credentials" });
    const [recoveryCode = "", other = ""] = recoveryCodes;
    value(await account.replaceExpiredPassword((await tokenFor(account, { recoveryCode })).secret, NEXT));
    expect(await refusalOf(account, { password: NEXT })).toMatchObject({ code: "totp_required" });
    await loggedIn(account, { password: NEXT, recoveryCode: other });
  });

  it("opens until then", async () => {
    const { account } = await chosen(90 * DAY_MS - 60_000);
    expect((await loggedIn(account)).role).toBe("user");
  });

  it("loses its token while it is suspended, with another password, and after a quarter of an hour", async () => {
    const { account, raw } = await chosen(90 * DAY_MS);
    const suspended = await tokenFor(account);
    value(await account.suspend());
    expect(await account.replaceExpiredPassword(suspended.secret, NEXT)).toMatchObject(invalidToken);
    value(await account.activate());
    const late = await tokenFor(account);
    await sqlIn(raw, "UPDATE mailed_tokens SET expires_at = ?", Date.now());
    expect(await account.replaceExpiredPassword(late.secret, NEXT)).toMatchObject(invalidToken);
    const older = await tokenFor(account);
    const [reset = ""] = await mailedBy("reset", () => account.requestPasswordReset());
    expect(await account.resetPassword(reset, PASSWORD)).toMatchObject({
      error: { code: "weak_password", detail: expect.stringContaining("same_as_before") },
    });
    value(await account.resetPassword(reset, NEXT));
    expect(await account.replaceExpiredPassword(older.secret, `${NEXT}!`)).toMatchObject(invalidToken);
  });

  it("proves no address: who knows the password has not read the mail", async () => {
    const { account, email, raw } = await chosen(90 * DAY_MS);
    value(await account.updateProfile({ email: `moved-${email}` }, null));
    const { secret } = await tokenFor(account);
    value(await account.replaceExpiredPassword(secret, NEXT));
    expect(value(await account.get()).emailVerified).toBe(false);
    expect(await sqlIn(raw, "SELECT purpose FROM mailed_tokens")).toEqual([{ purpose: "verify" }]);
  });
});
