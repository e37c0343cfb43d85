import { describe, expect, it } from "vitest";
import { OidcProviders, withClientSecrets } from "./providers.ts";

const CORP = { id: "corp", tenant: "ten_one1", issuer: "https://id.example", clientId: "aima" };
const takes = (...list: readonly object[]): boolean => OidcProviders.safeParse(JSON.stringify(list)).success;

describe("OIDC_PROVIDERS", () => {
  it("is empty for none, and fills in what is left out", () => {
    expect(OidcProviders.parse("")).toEqual([]);
    expect(OidcProviders.parse(JSON.stringify([CORP]))).toEqual([{ ...CORP, scopes: ["openid", "email", "profile"] }]);
  });

  it.each([
    ["no JSON", () => OidcProviders.safeParse("{").success],
    ["an address that is read on the way", () => takes({ ...CORP, issuer: "http://id.example" })],
    ["an address with a query", () => takes({ ...CORP, issuer: "https://id.example/?a=b" })],
    ["an address with a password", () => takes({ ...CORP, issuer: "https://me:secret@id.example" })],
    ["another scheme", () => takes({ ...CORP, issuer: "ftp://id.example" })],
    ["two of one name", () => takes(CORP, CORP)],
    ["the name of passwords", () => takes({ ...CORP, id: "password" })],
    ["a name that is no part of a path", () => takes({ ...CORP, id: "a/b" })],
    ["scopes without `openid`", () => takes({ ...CORP, scopes: ["email"] })],
    ["admins out of nothing", () => takes({ ...CORP, autoCreate: "admin" })],
    ["members of the platform out of nothing", () => takes({ ...CORP, tenant: "ten_platform", autoCreate: "user" })],
    ["an address in a private network", () => takes({ ...CORP, issuer: "https://10.0.0.1" })],
    ["a secret instead of its name", () => takes({ ...CORP, clientSecret: "s3cret" })],
    ["the name of a secret that is not a provider's", () => takes({ ...CORP, clientSecretRef: "SIGNING_KEYS" })],
    ["a field that nobody knows", () => takes({ ...CORP, clientID: "aima" })],
  ])("refuses %s", (_, attempt) => {
    expect(attempt()).toBe(false);
  });

  it("takes plain addresses of this machine, several tenants of one issuer, and members of the platform by invitation", () => {
    expect(
      takes({ ...CORP, issuer: "http://127.0.0.1:9000/realm" }, { ...CORP, id: "b", issuer: "http://[::1]" }),
    ).toBe(true);
    expect(takes(CORP, { ...CORP, id: "two", tenant: "ten_platform" }, { ...CORP, id: "c", autoCreate: "guest" })).toBe(
      true,
    );
  });

  it("get the secrets that they name; a public client gets none", () => {
    const configured = OidcProviders.parse(
      JSON.stringify([
        CORP,
        { ...CORP, id: "b", clientSecretRef: "OIDC_SECRET_B" },
        { ...CORP, id: "c", clientSecretRef: "OIDC_SECRET_C" },
      ]),
    );
    const { providers, missing } = withClientSecrets(configured, (name) =>
      name === "OIDC_SECRET_B" ? "s3cret" : undefined,
    );
    expect(providers.map(({ clientSecret }) => clientSecret)).toEqual([null, "s3cret", null]);
    expect(missing).toEqual(["OIDC_SECRET_C"]);
  });

  it("quotes nothing of a text that it refuses", () => {
    const problems = OidcProviders.safeParse('[{ "clientSecret": "s3cret", }]').error?.issues;
    expect(JSON.stringify(problems)).not.toContain("s3cret");
  });
});
