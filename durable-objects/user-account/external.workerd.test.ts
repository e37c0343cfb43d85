import { runInDurableObject } from "cloudflare:test";
import { TOTP } from "otpauth";
import { describe, expect, it } from "vitest";
import type { OpenSession } from "../../shared/contracts/account.ts";
import {
  credentials,
  loggedIn,
  mailedBy,
  minuteAfterMails,
  newAccount,
  nobody,
  PASSWORD,
  sqlIn,
  type TestAccount,
  value,
} from "./testing/accounts.ts";

const NEXT = "Copper-Meadow-83-violins";
const LOGIN = { provider: "corp", subject: "s-1", remember: false, userAgent: null, address: "local" };

async function linked(): Promise<TestAccount & { readonly session: OpenSession }> {
  const made = nobody();
  value(await made.account.create({ ...newAccount(made), kind: "external" }, null));
  return { ...made, session: value(await made.account.logInExternally({ ...LOGIN, verifiedEmail: made.email })) };
}

/** As a deployment with `EXTERNAL_PASSWORDS = "refused"` has it. */
const refusePasswords = (raw: DurableObjectStub) =>
  runInDurableObject(raw, (instance) => {
    Object.assign(instance, { policy: { passwordMaxAgeMs: null, externalPasswords: false } });
  });

describe("an account that an identity provider answers for", () => {
  it("is active at once, without a password, and opens to the person of the provider only", async () => {
    const made = nobody();
    const view = value(await made.account.create({ ...newAccount(made), kind: "external" }, null));
    expect(view).toMatchObject({ status: "active", emailVerified: true, passwordChangedAt: null, identities: [] });
    const refused = { error: { code: "invalid_credentials" } };
    expect(await made.account.logIn(credentials())).toMatchObject(refused);
    expect(await made.account.logInExternally({ ...LOGIN, verifiedEmail: null })).toMatchObject(refused);
    const opened = value(await made.account.logInExternally({ ...LOGIN, verifiedEmail: made.email }));
    expect(await made.account.lease(opened.sessionId)).not.toBeNull();
    expect(value(await made.account.sessions()).sessions).toMatchObject([{ method: "corp" }]);
  });

  it("enrols a second factor within ten minutes of its login, which a later password asks for", async () => {
    const { account, raw, session } = await linked();
    const fresh = { password: null, sessionId: session.sessionId };
    const again = { error: { code: "reauthentication_required" } };
    expect(await account.enrolTotp({ ...fresh, sessionId: "ses_00000000000000000000000000" })).toMatchObject(again);
    const { secret } = value(await account.enrolTotp(fresh));
    const totp = new TOTP({ secret });
    value(await account.confirmTotp(totp.generate()));
    const { recoveryCodes } = value(await account.renewRecoveryCodes(fresh));
    await sqlIn(raw, "UPDATE sessions SET created_at = created_at - 600000");
    for (const refused of [
      await account.prove(fresh),
      await account.enrolTotp(fresh),
      await account.renewRecoveryCodes(fresh),
      await account.disableTotp(fresh),
    ]) {
      expect(refused).toMatchObject(again);
    }
    // The provider answers for it at its own logins.
    const later = value(await account.logInExternally({ ...LOGIN, verifiedEmail: null }));
    const [mailed = ""] = await mailedBy("reset", () => account.requestPasswordReset());
    value(await account.resetPassword(mailed, PASSWORD));
    expect(await account.lease(later.sessionId)).toBeNull();
    expect(await account.logIn(credentials())).toMatchObject({ error: { code: "totp_required" } });
    const own = await loggedIn(account, { recoveryCode: recoveryCodes[0] ?? "" });
    // From here on it is the password that proves.
    const wrong = { error: { code: "invalid_credentials" } };
    expect(await account.disableTotp({ password: null, sessionId: own.sessionId })).toMatchObject(wrong);
    value(await account.disableTotp({ password: PASSWORD, sessionId: "" }));
    await loggedIn(account);
  });

  it("gets no password where the deployment gives it none: no mail, and an older token is worthless", async () => {
    const { account, raw } = await linked();
    const [mailed = ""] = await mailedBy("reset", () => account.requestPasswordReset());
    await minuteAfterMails(raw);
    await refusePasswords(raw);
    await account.requestPasswordReset();
    value(await account.voidPassword());
    expect(await sqlIn(raw, "SELECT id FROM mails")).toEqual([]);
    expect(await account.resetPassword(mailed, PASSWORD)).toMatchObject({ error: { code: "invalid_token" } });
    value(await account.logInExternally({ ...LOGIN, verifiedEmail: null }));
  });

  it("keeps a password that it had before", async () => {
    const made = nobody();
    value(await made.account.create({ ...newAccount(made), kind: "founded", password: PASSWORD }, null));
    value(await made.account.logInExternally({ ...LOGIN, verifiedEmail: made.email }));
    await refusePasswords(made.raw);
    const [mailed = ""] = await mailedBy("reset", () => made.account.requestPasswordReset());
    value(await made.account.resetPassword(mailed, NEXT));
    expect(value(await made.account.logIn(credentials({ password: NEXT }))).role).toBe("user");
  });
});
