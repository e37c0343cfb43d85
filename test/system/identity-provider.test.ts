/** Logging in through an identity provider: the real Worker on workerd, over HTTP, and a provider beside it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { SECRETS } from "../support/secrets.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type IdentityProvider,
  startIdentityProvider,
} from "../support/identity-provider/identity-provider.ts";
import { type RealWorkers, startRealWorkers } from "../gateway/real-workers.ts";

const TENANT = "ten_corp1";
const ADA = { sub: "ada-at-corp", email: "ada@corp.example", email_verified: true, name: "Ada Lovelace" };
const HOUR_MS = 3_600_000;

let idp: IdentityProvider;
let workers: RealWorkers;
type Answered = { readonly status: number; readonly body: Record<string, unknown>; readonly headers: Headers };

beforeAll(async () => {
  idp = await startIdentityProvider();
  idp.given.person = ADA;
  const client = { tenant: TENANT, issuer: idp.issuer, clientId: CLIENT_ID, clientSecretRef: "OIDC_SECRET_CORP" };
  workers = await startRealWorkers({
    OIDC_PROVIDERS: JSON.stringify([
      { ...client, id: "corp" },
      { ...client, id: "open", autoCreate: "guest" },
      { ...client, id: "gone", issuer: "http://127.0.0.1:9" },
    ]),
    OIDC_LOOPBACK: "allow",
    OIDC_SECRET_CORP: CLIENT_SECRET,
  });
  const founded = await post("/internal/bootstrap", {
    tenant: TENANT,
    name: "Corp",
    email: ADA.email,
    password: "Quiet-Harbour-41",
  });
  if (founded.status !== 201) throw new Error(`The bootstrap answered ${founded.status}`);
});
afterEach(() => {
  idp.given.faults = {};
  idp.given.person = ADA;
});
afterAll(async () => {
  await workers.stop();
  await idp.stop();
});

async function get(path: string, headers: Record<string, string> = {}): Promise<Answered> {
  const answer = await fetch(`${workers.origin}${path}`, { headers, redirect: "manual" });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === "" ? {} : (JSON.parse(text) as Answered["body"]),
  };
}

async function post(path: string, body: object): Promise<Answered> {
  const answer = await fetch(`${workers.origin}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${SECRETS.BOOTSTRAP_SECRET}` },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answered["body"] };
}

/** The browser's part: to the provider and with its answer back, but for the last request. */
async function signedIn(provider = "corp", query = ""): Promise<{ readonly path: string; readonly cookie: string }> {
  const begun = await get(`/v1/auth/oidc/${provider}/start${query}`);
  expect(begun.status).toBe(302);
  const there = await fetch(begun.headers.get("location") ?? "", { redirect: "manual" });
  const back = new URL(there.headers.get("location") ?? "");
  expect(back.origin).toBe(workers.origin);
  return {
    path: `${back.pathname}${back.search}`,
    cookie: (begun.headers.get("set-cookie") ?? "").split(";")[0] ?? "",
  };
}

async function logIn(provider = "corp", query = ""): Promise<Answered> {
  const { path, cookie } = await signedIn(provider, query);
  return get(path, { cookie });
}

const codeOf = ({ status, body }: Answered): unknown => [status, body["code"]];

describe("a user who signs in at the provider of their tenant", () => {
  it("gets a session that opens the API, is renewed, is listed, and ends", async () => {
    const { status, body } = await logIn();
    expect([status, body["tenant"], body["role"]]).toEqual([200, TENANT, "admin"]);
    const authorization = `Bearer ${String(body["accessToken"])}`;
    expect((await get("/v1/auth/me", { authorization })).body).toMatchObject({
      email: ADA.email,
      identities: ["corp"],
    });
    expect((await get("/v1/auth/sessions", { authorization })).body["sessions"]).toMatchObject([{ method: "corp" }]);
    const renewed = await post("/v1/auth/refresh", { refreshToken: body["refreshToken"] });
    expect([renewed.status, renewed.body["sessionId"]]).toEqual([200, body["sessionId"]]);
    const { body: audited } = await get("/v1/audit?event=auth.login", { authorization });
    expect(audited["rows"]).toMatchObject([{ actor: { kind: "user", id: body["userId"] }, outcome: "success" }]);
    const left = await fetch(`${workers.origin}/v1/auth/logout`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: "{}",
    });
    expect(left.status).toBe(204);
    expect((await get("/v1/auth/me", { authorization })).status).toBe(401);
  });

  it("stays for 8 hours, or for 7 days when asked to be remembered", async () => {
    const lasting = async (query: string): Promise<number> => {
      const { body } = await logIn("corp", query);
      return Math.round((Date.parse(String(body["sessionExpiresAt"])) - Date.now()) / HOUR_MS);
    };
    expect([await lasting(""), await lasting("?remember=true")]).toEqual([8, 168]);
  });

  it("is let in without an account where the deployment makes one, and nowhere else", async () => {
    idp.given.person = { ...ADA, sub: "bob-at-corp", email: "bob@corp.example" };
    expect(codeOf(await logIn())).toEqual([403, "oidc_no_account"]);
    const { status, body } = await logIn("open");
    expect([status, body["role"]]).toEqual([200, "guest"]);
    expect((await logIn("open")).body["userId"]).toBe(body["userId"]);
  });
});

describe("whom the provider does not vouch for", () => {
  it.each([
    ["without a signature", { signature: "none" }],
    ["signed with the client's secret", { signature: "HS256" }],
    ["signed by a stranger", { signature: "stranger" }],
    ["that has ended", { claims: { exp: 1_700_000_000 } }],
    ["for another client", { claims: { aud: "another-client" } }],
    ["of another issuer", { claims: { iss: "https://evil.example" } }],
    ["of another login", { claims: { nonce: "another" } }],
  ] as const)("is refused: an id token %s", async (_, faults) => {
    idp.given.faults = faults;
    expect(codeOf(await logIn())).toEqual([401, "oidc_login_failed"]);
  });

  it("is refused: a way back that was used, belongs to another browser, or names another state", async () => {
    const mine = await signedIn();
    const other = await signedIn();
    expect(codeOf(await get(mine.path))).toEqual([401, "oidc_login_failed"]);
    expect(codeOf(await get(mine.path, { cookie: other.cookie }))).toEqual([401, "oidc_login_failed"]);
    const guessed = mine.path.replace(/state=[^&]+/, "state=guessed");
    expect(codeOf(await get(guessed, { cookie: mine.cookie }))).toEqual([401, "oidc_login_failed"]);
    const first = await get(mine.path, { cookie: mine.cookie });
    expect([first.status, first.headers.get("set-cookie")]).toEqual([
      200,
      expect.stringMatching(/^aima_oidc=; .*Max-Age=0/),
    ]);
    expect(codeOf(await get(mine.path, { cookie: mine.cookie }))).toEqual([401, "oidc_login_failed"]);
  });
});

describe("a provider that does not answer", () => {
  it("is 503 with a time to come back, at either door, and no fault of the Worker", async () => {
    const gone = await get("/v1/auth/oidc/gone/start");
    expect([...(codeOf(gone) as unknown[]), gone.headers.get("retry-after")]).toEqual([
      503,
      "oidc_provider_unavailable",
      "5",
    ]);
    expect(gone.headers.get("content-type")).toContain("application/problem+json");
    const { path, cookie } = await signedIn();
    idp.given.faults = { statusOf: { "/token": 503 } };
    expect(codeOf(await get(path, { cookie }))).toEqual([503, "oidc_provider_unavailable"]);
    expect(workers.faults).toEqual([]);
  });

  it("has its reason in the log, without a secret", () => {
    const lines = workers.logged.join("\n");
    expect(lines).toContain('"event":"oidc_provider_unavailable"');
    expect(lines).toContain('"event":"oidc_login_failed"');
    expect(lines).not.toContain(CLIENT_SECRET);
    expect(lines).not.toMatch(/aimr_|eyJ[\w-]{20}/);
  });
});
