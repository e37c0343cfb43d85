/** Logging in through an identity provider that runs on loopback and checks what it is sent. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type IdentityProvider,
  startIdentityProvider,
} from "../../../../test/support/identity-provider/identity-provider.ts";
import { addressRules } from "../../../../shared/core/rate-limit/applicable.ts";
import { DEFAULT_RULES } from "../../../../shared/core/rate-limit/default-rules.ts";
import { createOidc } from "../../../access/oidc/oidc.ts";
import { OidcProviders, withClientSecrets } from "../../../access/oidc/providers.ts";
import { makeWorld } from "../../fakes/world.ts";

const ORIGIN = "https://aima.example";
const ADA = { sub: "ada-at-corp", email: "Ada@Example.com", email_verified: true, name: "Ada Lovelace" };
const NOW_MS = 1_767_323_045_000;

type Answered = Record<string, unknown>;
const json = async (response: Response): Promise<Answered> => (await response.json()) as Answered;
const codeOf = async (response: Response): Promise<unknown> => [response.status, (await json(response))["code"]];

let idp: IdentityProvider;
const logged = vi.fn<(line: string) => void>();

beforeEach(async () => {
  logged.mockReset();
  vi.spyOn(console, "log").mockImplementation((line) => logged(String(line)));
  idp = await startIdentityProvider();
  idp.given.person = ADA;
});

afterEach(() => idp.stop());

type Given = { autoCreate?: string; environment?: string; issuer?: string; allowLoopback?: boolean };

async function world(given: Given = {}) {
  const { autoCreate, environment = "dev", issuer = idp.issuer, allowLoopback = true } = given;
  const client = { issuer, clientId: CLIENT_ID, clientSecretRef: "OIDC_SECRET_CORP" };
  const setting = [
    { id: "corp", tenant: "ten_one1", ...client, ...(autoCreate === undefined ? {} : { autoCreate }) },
    { id: "other", tenant: "ten_two2", ...client },
  ];
  const clock = { nowMs: NOW_MS };
  const oidc = createOidc({
    providers: withClientSecrets(OidcProviders.parse(JSON.stringify(setting)), () => CLIENT_SECRET).providers,
    publicOrigin: ORIGIN,
    keys: [{ id: "k1", secret: "s".repeat(32) }],
    allowLoopback,
    now: () => clock.nowMs,
  });
  const made = makeWorld({ oidc, environment });
  const ada = await made.found("ada");
  const start = async (id = "corp", query = "") => {
    const answer = await made.call(`/v1/auth/oidc/${id}/start${query}`, { key: null });
    const cookie = answer.headers.get("set-cookie") ?? "";
    return { answer, cookie: cookie.split(";")[0] ?? "", location: answer.headers.get("location") ?? "" };
  };
  /** What a browser does at the provider: the path and query with which it comes back. */
  const signIn = async (location: string): Promise<string> => {
    const sent = await fetch(location, { redirect: "manual" });
    const back = new URL(sent.headers.get("location") ?? "");
    expect(back.origin).toBe(ORIGIN);
    return `${back.pathname}${back.search}`;
  };
  const comeBack = (path: string, cookie: string | null): Promise<Response> =>
    made.call(path, { key: null, headers: cookie === null ? {} : { cookie } });
  const logIn = async (): Promise<Response> => {
    const { location, cookie } = await start();
    return comeBack(await signIn(location), cookie);
  };
  return { ...made, ada, clock, start, signIn, comeBack, logIn };
}

describe("GET /v1/auth/oidc/{provider}/start", () => {
  it("sends the browser to the provider with state, nonce and challenge, and seals what belongs to them", async () => {
    const { start } = await world({ environment: "production" });
    const { answer, location } = await start();
    expect(answer.status).toBe(302);
    const url = new URL(location);
    expect(`${url.origin}${url.pathname}`).toBe(`${idp.issuer}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      client_id: CLIENT_ID,
      redirect_uri: "https://aima.example/v1/auth/oidc/corp/callback",
      scope: "openid email profile",
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string,
      nonce: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(
      /^aima_oidc=v1\.k1\.[\w-]+; Path=\/v1\/auth\/oidc; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(cookie).not.toContain(url.searchParams.get("state"));
    expect((await start()).location).not.toBe(location);
  });

  it("does not know a provider that is not set up, in either route", async () => {
    const { start, comeBack } = await world();
    expect(await codeOf((await start("nobody")).answer)).toEqual([404, "not_found"]);
    expect(await codeOf(await comeBack("/v1/auth/oidc/nobody/callback?code=c&state=s", null))).toEqual([
      404,
      "not_found",
    ]);
  });

  it.each([
    ["is down", { statusOf: { "/.well-known/openid-configuration": 503 } }],
    ["redirects", { statusOf: { "/.well-known/openid-configuration": 302 } }],
    ["says that it is another", { discovery: { issuer: "https://evil.example" } }],
    ["sends too much", { paddingBytes: 300_000 }],
    ["names no place to sign in", { discovery: { authorization_endpoint: "javascript:alert(1)" } }],
  ])("answers 503 when the provider %s, and asks again the next time", async (_, faults) => {
    const { start } = await world();
    idp.given.faults = faults;
    const { answer } = await start();
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(await codeOf(answer)).toEqual([503, "oidc_provider_unavailable"]);
    expect(idp.requests).toEqual(["/.well-known/openid-configuration"]);
  });

  it("answers 503 when the provider is on this machine and no setting allows it, or names keys in a private network", async () => {
    const closed = await world({ allowLoopback: false });
    expect(await codeOf((await closed.start()).answer)).toEqual([503, "oidc_provider_unavailable"]);
    expect(idp.requests).toEqual([]);
    const { logIn } = await world();
    idp.given.faults = { discovery: { token_endpoint: "http://169.254.169.254/token" } };
    expect(await codeOf(await logIn())).toEqual([503, "oidc_provider_unavailable"]);
    expect(idp.requests).not.toContain("/token");
  });

  it("answers 503 when nobody listens at the provider's address", async () => {
    const { start } = await world({ issuer: "http://127.0.0.1:9" });
    expect(await codeOf((await start()).answer)).toEqual([503, "oidc_provider_unavailable"]);
  });
});

describe("GET /v1/auth/oidc/{provider}/callback", () => {
  it("asks for a long session where the start did, whatever the way back says", async () => {
    const { start, signIn, comeBack, accountOf, ada, call } = await world();
    const opened = vi.spyOn(accountOf("ten_one1", ada), "logInExternally");
    for (const query of ["", "?remember=false", "?remember=true"]) {
      const { location, cookie } = await start("corp", query);
      expect((await comeBack(`${await signIn(location)}&remember=true`, cookie)).status).toBe(200);
    }
    expect(opened.mock.calls.map(([{ remember }]) => remember)).toEqual([false, false, true]);
    expect((await call("/v1/auth/oidc/corp/start?remember=yes", { key: null })).status).toBe(422);
  });

  it("opens a session of the member with the proven address, links the account, and writes the audit log", async () => {
    const { logIn, call, ada, auditOf } = await world();
    const answer = await logIn();
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(answer.headers.get("set-cookie")).toMatch(/^aima_oidc=; Path=\/v1\/auth\/oidc; Max-Age=0; /);
    const body = await json(answer);
    expect(body).toMatchObject({ tokenType: "Bearer", tenant: "ten_one1", userId: ada, role: "user" });
    const me = await call("/v1/auth/me", { key: String(body["accessToken"]) });
    expect([me.status, await json(me)]).toMatchObject([200, { id: ada, identities: ["corp"] }]);
    expect(auditOf("ten_one1").entries).toMatchObject([
      { type: "auth.login", data: { actor: { kind: "user", id: ada }, outcome: "success" } },
    ]);
    expect((await logIn()).status).toBe(200);
    // Discovery and keys are kept.
    expect(idp.requests.filter((path) => path === "/.well-known/openid-configuration")).toHaveLength(1);
  });

  it("refuses another person of the provider who has the same address", async () => {
    const { logIn } = await world();
    expect((await logIn()).status).toBe(200);
    idp.given.person = { ...ADA, sub: "eve-at-corp" };
    expect(await codeOf(await logIn())).toEqual([401, "invalid_credentials"]);
  });

  it("refuses a way back with a wrong state, without or with a foreign cookie, or too late, and asks nobody", async () => {
    const { start, signIn, comeBack, clock } = await world();
    const mine = await start();
    const path = await signIn(mine.location);
    const [other, elsewhere] = [await start(), await start("other")];
    const asked = idp.requests.length;
    const attempts: [string, string | null][] = [
      [path.replace(/state=[^&]+/, "state=guessed"), mine.cookie],
      [path.replace(/&?state=[^&]+/, ""), mine.cookie],
      [path, null],
      [path, other.cookie],
      [path, elsewhere.cookie],
      [path, mine.cookie.replace(/.{8}$/, "AAAAAAAA")],
      [path, "aima_oidc=nonsense"],
    ];
    for (const [way, cookie] of attempts) {
      expect(await codeOf(await comeBack(way, cookie))).toEqual([401, "oidc_login_failed"]);
    }
    clock.nowMs += 600_000;
    expect(await codeOf(await comeBack(path, mine.cookie))).toEqual([401, "oidc_login_failed"]);
    expect(idp.requests).toHaveLength(asked);
    clock.nowMs -= 1;
    expect((await comeBack(path, mine.cookie)).status).toBe(200);
  });

  it("refuses a code that was redeemed before, one of another login, and the provider's own refusal", async () => {
    const { start, signIn, comeBack, logIn } = await world();
    const [first, second] = [await start(), await start()];
    const path = await signIn(first.location);
    const stolen = new URL(path, ORIGIN).searchParams.get("code") ?? "";
    const own = await signIn(second.location);
    // The code of one login with all that belongs to another: PKCE tells them apart.
    const mixed = own.replace(/code=[^&]+/, `code=${stolen}`);
    expect(await codeOf(await comeBack(mixed, second.cookie))).toEqual([401, "oidc_login_failed"]);
    const third = await start();
    const once = await signIn(third.location);
    expect((await comeBack(once, third.cookie)).status).toBe(200);
    expect(await codeOf(await comeBack(once, third.cookie))).toEqual([401, "oidc_login_failed"]);
    idp.given.faults = { error: "access_denied" };
    expect(await codeOf(await logIn())).toEqual([401, "oidc_login_failed"]);
  });

  it.each([
    ["of another login", { claims: { nonce: "another" } }],
    ["without a nonce", { claims: { nonce: undefined } }],
    ["for another client", { claims: { aud: "another-client" } }],
    ["for this and another client, to the other", { claims: { aud: [CLIENT_ID, "another"], azp: "another" } }],
    ["of another issuer", { claims: { iss: "https://evil.example" } }],
    ["that has ended", { claims: { exp: 1_700_000_000 } }],
    ["without a signature", { signature: "none" }],
    ["signed with the client's secret", { signature: "HS256" }],
    ["signed by a stranger", { signature: "stranger" }],
    ["without a subject", { claims: { sub: undefined } }],
  ] as const)("refuses an id token %s", async (_, faults) => {
    const { logIn, accountOf, ada, auditOf } = await world();
    idp.given.faults = faults;
    expect(await codeOf(await logIn())).toEqual([401, "oidc_login_failed"]);
    expect(await accountOf("ten_one1", ada).sessions()).toMatchObject({ value: { sessions: [] } });
    expect(auditOf("ten_one1").entries).toMatchObject([{ type: "auth.login_failed", data: { outcome: "refused" } }]);
    idp.given.faults = {};
    expect((await logIn()).status).toBe(200);
  });

  it.each([
    ["says no", { email_verified: false }],
    ["says nothing", { email_verified: undefined }],
    ["says so in another type", { email_verified: "true" }],
    ["names no address", { email: undefined }],
  ])("refuses an address that is not proven: the provider %s", async (_, claims) => {
    const { logIn } = await world({ autoCreate: "user" });
    idp.given.faults = { claims };
    expect(await codeOf(await logIn())).toEqual([403, "oidc_email_unverified"]);
  });

  it("lets in nobody without an account, but for a provider that may make one", async () => {
    idp.given.person = { ...ADA, sub: "bob-at-corp", email: "bob@example.com", name: "Bob" };
    const closed = await world();
    expect(await codeOf(await closed.logIn())).toEqual([403, "oidc_no_account"]);
    const { logIn, accountOf, membersOf } = await world({ autoCreate: "guest" });
    const body = await json(await logIn());
    expect(body).toMatchObject({ tenant: "ten_one1", role: "guest" });
    const account = accountOf("ten_one1", String(body["userId"]));
    expect(await account.get()).toMatchObject({
      value: { email: "bob@example.com", emailVerified: true, fullName: "Bob", status: "active", identities: ["corp"] },
    });
    expect(account.mailed).toEqual([]);
    expect(await membersOf("ten_one1").memberByLogin("bob@example.com")).toMatchObject({ status: "active" });
    expect(await json(await logIn())).toMatchObject({ userId: body["userId"] });
  });

  it("counts on its address as other ways to guess do", () => {
    const rulesOf = (method: string, step: string): string[] =>
      addressRules(DEFAULT_RULES, { method, route: `/v1/auth/oidc/{provider}/${step}` }).map(({ rule }) => rule.name);
    expect(rulesOf("GET", "callback")).toEqual(["auth", "address"]);
    expect(rulesOf("HEAD", "callback")).toEqual(["auth", "address"]);
    expect(rulesOf("GET", "start")).toEqual(["address"]);
  });

  it("refuses a suspended account and a suspended tenant", async () => {
    const { logIn, accountOf, membersOf, ada } = await world();
    await accountOf("ten_one1", ada).suspend();
    expect(await codeOf(await logIn())).toEqual([403, "account_not_active"]);
    membersOf("ten_one1").active = false;
    expect(await codeOf(await logIn())).toEqual([403, "tenant_suspended"]);
  });

  it.each([
    ["/token", 500],
    ["/token", 302],
    ["/keys", 503],
  ])("answers 503 when the provider's %s answers %d, and logs why without a secret", async (path, status) => {
    const { start, signIn, comeBack, logIn } = await world();
    const { location, cookie } = await start();
    const back = await signIn(location);
    idp.given.faults = { statusOf: { [path]: status } };
    expect(await codeOf(await comeBack(back, cookie))).toEqual([503, "oidc_provider_unavailable"]);
    expect(idp.requests).not.toContain("/elsewhere");
    const lines = logged.mock.calls.map(([line]) => line);
    expect(lines.some((line) => line.includes('"event":"oidc_provider_unavailable"'))).toBe(true);
    const code = new URL(back, ORIGIN).searchParams.get("code") ?? "";
    for (const secret of [CLIENT_SECRET, code, cookie]) expect(lines.join("\n")).not.toContain(secret);
    idp.given.faults = {};
    expect((await logIn()).status).toBe(200);
  });
});
