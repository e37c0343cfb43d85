import { describe, expect, it } from "vitest";
import { credentials, newAccount, nobody, value } from "./testing/accounts.ts";

describe("an account that an identity provider answers for", () => {
  it("is active at once, without a password, and opens to the person of the provider only", async () => {
    const made = nobody();
    const view = value(await made.account.create({ ...newAccount(made), kind: "external" }, null));
    expect(view).toMatchObject({ status: "active", emailVerified: true, passwordChangedAt: null, identities: [] });
    const refused = { error: { code: "invalid_credentials" } };
    expect(await made.account.logIn(credentials())).toMatchObject(refused);
    const login = { provider: "corp", subject: "s-1", remember: false, userAgent: null, address: "local" };
    expect(await made.account.logInExternally({ ...login, verifiedEmail: null })).toMatchObject(refused);
    const opened = value(await made.account.logInExternally({ ...login, verifiedEmail: made.email }));
    expect(await made.account.lease(opened.sessionId)).not.toBeNull();
    expect(value(await made.account.sessions()).sessions).toMatchObject([{ method: "corp" }]);
  });
});
