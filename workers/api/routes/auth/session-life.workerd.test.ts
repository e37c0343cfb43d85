/** The real app on real objects: from the first admin to a revoked session. */
// First of all imports, as in the Worker itself: it teaches zod what the routes use.
import "@hono/zod-openapi";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { tenantObject } from "../../../../durable-objects/addresses.ts";
import { handleBootstrap } from "../../../bootstrap.ts";
import { composition } from "../../../composition.ts";

const TENANT = "ten_sessionlife";
const PASSWORD = "Correct-Horse-7-Staple";

type Answered = Record<string, unknown>;
const tokenOf = (answered: Answered): string => String(answered["accessToken"]);

function request(method: string, path: string, given: { token?: string; body?: object; tag?: string } = {}) {
  const { token, body, tag } = given;
  const headers = new Headers();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (body !== undefined) headers.set("content-type", "application/json");
  if (tag !== undefined) headers.set("if-match", tag);
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return composition(env).app.request(`https://aima.test${path}`, init, env);
}

async function asked(...args: Parameters<typeof request>): Promise<[number, Answered]> {
  const answer = await request(...args);
  const text = await answer.text();
  return [answer.status, text === "" ? {} : (JSON.parse(text) as Answered)];
}

/** Repeated, it changes nothing but the tenant's number of API keys. */
async function foundAdmin(): Promise<string> {
  const headers = { authorization: `Bearer ${env.BOOTSTRAP_SECRET}` };
  const body = JSON.stringify({ tenant: TENANT, name: "Session life", email: "root@example.com", password: PASSWORD });
  const bootstrap = new Request("https://aima.test/internal/bootstrap", { method: "POST", headers, body });
  expect((await handleBootstrap(bootstrap, env, "req_test")).status).toBe(201);
  return (await tenantObject(env, TENANT).memberByLogin("root@example.com"))?.userId ?? "";
}

it("an admin logs in, refreshes, changes and invites; a session that was revoked opens nothing from the answer on", async () => {
  const userId = await foundAdmin();
  const credentials = { tenant: TENANT, login: "root@example.com", password: PASSWORD };
  const [opened, first] = await asked("POST", "/v1/auth/login", { body: credentials });
  expect([opened, first]).toMatchObject([200, { userId, role: "admin" }]);
  // Tokens count whole seconds.
  expect([1799, 1800]).toContain(first["expiresInSeconds"]);
  const me = await asked("GET", "/v1/auth/me", { token: tokenOf(first) });
  expect(me).toMatchObject([200, { id: userId, email: "root@example.com", logIns: 1, version: 1 }]);

  const [refreshed, second] = await asked("POST", "/v1/auth/refresh", {
    body: { refreshToken: first["refreshToken"] },
  });
  expect([refreshed, second["sessionId"]]).toEqual([200, first["sessionId"]]);
  const token = tokenOf(second);

  const moved = { email: "thief@example.com" };
  for (const body of [moved, { ...moved, currentPassword: "Wrong-0-Horse" }]) {
    expect((await request("PUT", "/v1/auth/me", { token, body, tag: '"v1"' })).status).toBe(401);
  }
  const put = await request("PUT", "/v1/auth/me", { token, body: { username: "chief" }, tag: '"v1"' });
  expect([put.status, put.headers.get("etag")]).toEqual([200, '"v2"']);
  expect((await request("PUT", "/v1/auth/me", { token, body: { username: "x-x" }, tag: '"v1"' })).status).toBe(412);
  const [other, third] = await asked("POST", "/v1/auth/login", { body: { ...credentials, login: "chief" } });
  expect(other).toBe(200);

  const invited = await asked("POST", "/v1/users", { token, body: { email: "ada@example.com", role: "user" } });
  expect(invited).toMatchObject([201, { email: "ada@example.com", status: "invited" }]);
  // There is no database here: the list says so, and single users are read all the same.
  expect(await asked("GET", "/v1/users", { token })).toMatchObject([503, { code: "index_unavailable" }]);
  expect(await asked("GET", `/v1/users/${String(invited[1]["id"])}`, { token })).toMatchObject([200, { role: "user" }]);
  expect(await asked("PUT", `/v1/users/${userId}/role`, { token, body: { role: "user" } })).toMatchObject([
    409,
    { code: "last_admin" },
  ]);

  expect((await request("DELETE", `/v1/auth/sessions/${String(third["sessionId"])}`, { token })).status).toBe(204);
  expect((await request("GET", "/v1/auth/me", { token: tokenOf(third) })).status).toBe(401);
  expect((await request("POST", "/v1/auth/logout", { token })).status).toBe(204);
  for (const dead of [token, tokenOf(first)]) {
    expect(await asked("GET", "/v1/auth/me", { token: dead })).toMatchObject([401, { code: "unauthorized" }]);
  }
  const late = await asked("POST", "/v1/auth/refresh", { body: { refreshToken: second["refreshToken"] } });
  expect(late).toMatchObject([401, { code: "invalid_token" }]);
});

it("a login that is known and one that is not get the same answers, up to the lock", async () => {
  await foundAdmin();
  const answers = async (login: string, tenant: string): Promise<unknown[]> => {
    const got = [];
    for (let i = 0; i < 6; i += 1) {
      const body = { tenant, login, password: "wrong" };
      const [status, { requestId: _, ...rest }] = await asked("POST", "/v1/auth/login", { body });
      got.push([status, rest]);
    }
    return got;
  };
  const known = await answers("root@example.com", TENANT);
  expect(known.map((each) => (each as [number])[0])).toEqual([401, 401, 401, 401, 401, 423]);
  expect(await answers("nobody@example.com", TENANT)).toEqual(known);
  expect(await answers("root@example.com", "ten_thatisnotthere")).toEqual(known);
});
