/**
 * Known secrets go in by every door, right and wrong, where they belong and where they do not. None of them may be found
 * in a log line, a refusal, an audit row or the objects' databases, in clear or in an encoding that anybody can undo.
 */
// First: it extends what the schemas of the contracts are made of.
import "@hono/zod-openapi";
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { TOTP } from "otpauth";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { founded, loggedIn, PASSWORD, secretIn, value } from "../durable-objects/user-account/testing/accounts.ts";
import { auditLog, userAccount } from "../durable-objects/addresses.ts";
import { everyRow } from "../durable-objects/runtime/testing/every-row.ts";
import { parseApiKey } from "../shared/core/access/api-key.ts";
import { PLATFORM_TENANT } from "../shared/core/access/permissions.ts";
import { parseSigningKeys, signToken } from "../shared/tokens/signed-token.ts";
import { leaksIn } from "../test/gateway/written-secrets.ts";
import { handleFetch } from "./fetch.ts";

const TENANT = "ten_canary1";
/** Stands where texts are kept or shown on purpose: the scan finds it there, so it would find a secret too. */
const MARKER = "findable-marker";

const secrets = new Map<string, string>();
const logged: string[] = [];
/** Answers that refuse: status, headers and body. */
const refusals: string[] = [];
let asked = 0;

/** A secret that nothing has given away before, to be put where a careless client would put one. */
function planted(where: string): string {
  const secret = `Canary-${crypto.randomUUID()}-Zz9!`;
  secrets.set(where, secret);
  return secret;
}

type Asked = { readonly key?: string; readonly headers?: Record<string, string>; readonly body?: unknown };

async function ask(method: string, path: string, { key, headers, body }: Asked = {}): Promise<Response> {
  asked += 1;
  const request = new Request(`https://aima.test${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(method === "POST" ? { "idempotency-key": `canary-${asked}` } : {}),
      "user-agent": MARKER,
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const context = createExecutionContext();
  const response = await handleFetch(request, env, context);
  const text = await response.clone().text();
  await waitOnExecutionContext(context);
  if (response.status >= 400) refusals.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`);
  return response;
}

/** API keys in use, where they do not belong, and changed by a character. */
async function plantKeys(): Promise<string> {
  const answer = await ask("POST", "/internal/bootstrap", {
    key: env.BOOTSTRAP_SECRET,
    body: { tenant: TENANT, name: MARKER },
  });
  const { apiKey: key } = await answer.json<{ apiKey: string }>();
  secrets.set("secret of an API key", parseApiKey(key)?.secret ?? "");
  const made = await ask("POST", "/v1/api-keys", { key, body: { name: MARKER, permissions: ["assets:read"] } });
  expect(made.status).toBe(201);
  const issued = await made.json<{ id?: string; key?: { id: string }; secret: string }>();
  secrets.set("secret of an API key that is disabled", parseApiKey(issued.secret)?.secret ?? "");
  const id = issued.id ?? issued.key?.id ?? "";
  const rolled = await ask("POST", `/v1/api-keys/${id}/roll`, { key, body: {} });
  secrets.set(
    "secret of an API key that was rolled",
    parseApiKey((await rolled.json<{ secret: string }>()).secret)?.secret ?? "",
  );
  await ask("GET", `/v1/api-keys/${id}`, { key });
  await ask("POST", "/v1/assets", { key: issued.secret, body: { name: MARKER } });
  await ask("POST", `/v1/api-keys/${id}/disable`, { key });
  await ask("GET", "/v1/assets", { key: issued.secret });
  await ask("GET", "/v1/assets", { key: `${key.slice(0, -1)}x` });
  await ask("GET", `/v1/assets?api_key=${key}`, {});
  await ask("GET", `/v1/assets?cursor=${key}`, { key });
  await ask("POST", "/v1/assets", { key, body: { name: MARKER, apiKey: key } });
  await ask("POST", "/v1/assets", { key: planted("bearer token of nobody"), body: { name: MARKER } });
  await ask("DELETE", "/v1/assets/ast_00000000000000000000000001", { key: `aima_canary1_${planted("malformed key")}` });
  return key;
}

/** What careless clients send in bodies, queries and headers of requests that are refused. */
async function plantInRequests(key: string): Promise<void> {
  const body = (where: string) => ({ name: MARKER, [`${where} field`]: 1, password: planted(`password in ${where}`) });
  await ask("POST", "/v1/assets", { key, body: body("a body with unknown fields") });
  await ask("POST", "/v1/assets", { body: body("a body without a key") });
  await ask("POST", "/v1/nowhere", { key, body: body("a body for no route") });
  await ask("POST", "/v1/assets", { key, body: `{"password":"${planted("password in broken JSON")}` });
  await ask("POST", "/v1/assets", { key, body: { name: { secret: planted("secret in a field of another type") } } });
  await ask("PUT", "/v1/tenant", { key, body: { name: MARKER, webhookSecret: planted("secret of a webhook") } });
  await ask("POST", "/v1/assets", {
    key,
    body: { name: MARKER, mediaType: planted("secret instead of a word of a list") },
  });
  await ask("GET", `/v1/assets?limit=${planted("secret instead of a number")}`, { key });
  await ask("GET", `/v1/search?q=harbour&token=${planted("secret in a query")}`, { key });
  await ask("GET", "/v1/assets", { key, headers: { cookie: `session=${planted("secret in a cookie")}` } });
  await ask("GET", "/v1/assets", {
    headers: { authorization: `Basic ${btoa(`ada:${planted("password in Basic")}`)}` },
  });
  await ask("POST", "/v1/assets", {
    key,
    body: { name: MARKER },
    headers: { "if-match": planted("secret in If-Match") },
  });
  for (const [path, extra] of [
    ["login", { login: "ada@example.com" }],
    ["register", { email: "ada@example.com" }],
    ["login", { login: "ada@example.com", unknown: true }],
    ["register", { email: "no address" }],
  ] as const) {
    await ask("POST", `/v1/auth/${path}`, {
      body: { tenant: TENANT, password: planted(`password for ${path} ${JSON.stringify(extra)}`), ...extra },
    });
  }
  await ask("POST", "/v1/auth/refresh", { body: { refreshToken: planted("refresh token of nobody") } });
}

/** The doors of agents and operators, and tokens that stand in paths. */
async function plantAtSideDoors(): Promise<void> {
  const agent = {
    agentId: "agt_canary",
    version: MARKER,
    engines: [{ name: "cpu", operations: ["ocr"] }],
    concurrency: 1,
  };
  secrets.set("the agents' token", env.AGENT_TOKEN);
  secrets.set("the bootstrap secret", env.BOOTSTRAP_SECRET);
  for (const keys of [env.SIGNING_KEYS, env.ENCRYPTION_KEYS])
    secrets.set(`key ${keys.slice(0, 2)}`, keys.split(":")[1] ?? "");
  await ask("POST", "/agents/register", { key: env.AGENT_TOKEN, body: agent });
  await ask("POST", "/agents/register", {
    key: env.AGENT_TOKEN,
    body: { ...agent, token: planted("secret of an agent") },
  });
  await ask("POST", "/agents/lease", { key: planted("wrong token of an agent"), body: {} });
  await ask("POST", "/internal/bootstrap", {
    key: planted("wrong bootstrap secret"),
    body: { tenant: TENANT, name: "x" },
  });
  await ask("POST", "/internal/bootstrap", {
    key: env.BOOTSTRAP_SECRET,
    body: { tenant: TENANT, password: planted("password for bootstrap") },
  });
  const claims = {
    use: "attempt",
    tenant: TENANT,
    jobId: "job_00000000000000000000000001",
    attempt: 1,
    exp: 9_999_999_999,
  };
  const token = await signToken(parseSigningKeys(env.SIGNING_KEYS), claims);
  secrets.set("token of an attempt", token.split(".").at(-1) ?? "");
  await ask("POST", `/callbacks/jobs/${token}`, { body: { reports: [{ seq: 1, type: "hello" }] } });
  await ask("POST", `/callbacks/jobs/${planted("wrong token of an attempt")}`, { body: { reports: [] } });
  await ask("GET", `/blobs/${planted("wrong token of a file")}`);
}

/** An account with everything that lets somebody in. */
async function plantAccount(): Promise<void> {
  const { account, email, userId } = await founded();
  secrets.set("password of an account", PASSWORD);
  const session = await loggedIn(account);
  secrets.set("refresh token", secretIn(session.refreshToken));
  const next = value(await account.refresh(session.sessionId, secretIn(session.refreshToken)));
  secrets.set("refresh token after the first", secretIn(next.refreshToken));
  await loggedIn(account, { password: planted("wrong password of an account") }).catch(() => undefined);
  const { secret } = value(await account.enrolTotp({ password: PASSWORD, sessionId: "" }));
  secrets.set("secret of an authenticator", secret);
  const code = new TOTP({ secret, algorithm: "SHA1", digits: 6, period: 30 }).generate();
  const { recoveryCodes } = value(await account.confirmTotp(code));
  for (const [at, recovery] of recoveryCodes.entries()) secrets.set(`recovery code ${at + 1}`, recovery);
  await account.resetPassword(planted("wrong token for a reset"), planted("password with a wrong token"));
  const change = { current: PASSWORD, next: planted("next password"), sessionId: session.sessionId };
  value(await account.changePassword(change));
  await userAccount(env, TENANT, "usr_00000000000000000000000009").logIn({
    password: planted("password of nobody"),
    totp: null,
    recoveryCode: planted("recovery code of nobody"),
    remember: false,
    userAgent: MARKER,
    address: "local",
  });
  expect([email, userId].every((each) => each.length > 0)).toBe(true);
}

describe("planted secrets", () => {
  beforeAll(async () => {
    for (const method of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, method).mockImplementation(
        (...parts: unknown[]) => void logged.push(parts.map(String).join(" ")),
      );
    const key = await plantKeys();
    await plantInRequests(key);
    await plantAtSideDoors();
    await plantAccount();
  }, 60_000);

  it("are many, and none is too short to be looked for", () => {
    expect(secrets.size).toBeGreaterThan(45);
    expect([...secrets].filter(([, secret]) => secret.length < 8)).toEqual([]);
  });

  it("are found in every writing when they are there", () => {
    const secret = secrets.get("secret of a webhook") ?? "";
    for (const shift of ["", "a", "ab"]) expect(leaksIn(secrets, [btoa(`${shift}${secret}zz`)])).toHaveLength(1);
    for (const line of [`x${secret}x`, JSON.stringify({ secret }), `?t=${encodeURIComponent(secret)}`])
      expect(leaksIn(secrets, [line])).toHaveLength(1);
  });

  it("are in no log line", () => {
    expect(logged.filter((line) => line.includes('"event":"request"')).length).toBeGreaterThan(20);
    expect(leaksIn(secrets, logged)).toEqual([]);
  });

  it("are in no refusal, neither in its headers nor in its body", () => {
    expect(refusals.length).toBeGreaterThan(25);
    // Refused for what they are, and not because something failed before it looked at them.
    expect(refusals.filter((refusal) => refusal.startsWith("500"))).toEqual([]);
    expect(leaksIn(secrets, refusals)).toEqual([]);
  });

  it("are in no audit row", async () => {
    for (const tenant of [TENANT, PLATFORM_TENANT]) {
      const { entries } = await auditLog(env, tenant).chain({ after: 0, limit: 500 });
      const lines = entries.map((row) => JSON.stringify(row));
      expect(lines.join("")).toContain(MARKER);
      expect(leaksIn(secrets, lines)).toEqual([]);
    }
  });

  it("are in no row of any object", async () => {
    const rows = await everyRow();
    for (const table of [
      "TENANT.",
      "USER_ACCOUNT.secrets",
      "USER_ACCOUNT.sessions",
      "AUDIT_LOG.journal",
      "AGENT_POOL.",
    ])
      expect(rows.filter((row) => row.startsWith(table)).length, table).toBeGreaterThan(0);
    expect(rows.filter((row) => row.includes(MARKER)).length).toBeGreaterThan(5);
    expect(leaksIn(secrets, rows)).toEqual([]);
  });
});
