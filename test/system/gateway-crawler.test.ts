/**
 * Every route that there is, asked by everybody who should not get in and by those who should, against the real
 * Workers. Made from the published document and the route table, so a new route is crawled without being named here.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatApiKey } from "../../shared/core/access/api-key.ts";
import type { ApiRoute } from "../../workers/api/route.ts";
import { allows } from "../../shared/core/access/permissions.ts";
import { ROUTES, DESCRIBED } from "../../workers/api/routes/table.ts";
import { publishedDocument, securityFaultsOf } from "../gateway/contract.ts";
import {
  changing,
  codeOf,
  Crawl,
  ENDS_SESSION,
  guarded,
  NO_ID,
  ofTenant,
  open,
  OTHERWISE,
  paramsOf,
  reading,
  requestTo,
} from "../gateway/crawl.ts";
import { forgedTokens } from "../gateway/forged-tokens.ts";
import { rawClient, type RawAnswer, type RawRequest } from "../gateway/raw-request.ts";
import { type RealWorkers, startRealWorkers } from "../gateway/real-workers.ts";
import {
  type IdentityProvider,
  providerSettings,
  startIdentityProvider,
} from "../support/identity-provider/identity-provider.ts";
import { CANARY, makeTenants, type Tenants } from "../gateway/tenants.ts";

let idp: IdentityProvider;
let workers: RealWorkers;
let client: ReturnType<typeof rawClient>;
let tenants: Tenants;
let crawl: Crawl;

beforeAll(async () => {
  idp = await startIdentityProvider();
  workers = await startRealWorkers(providerSettings(idp.issuer, "ten_owner1"));
  client = rawClient(workers.origin, 4);
  crawl = new Crawl(client.send);
  tenants = await makeTenants(workers, client.send);
});
afterAll(async () => {
  process.stdout.write(crawl.summary);
  client.close();
  await workers.stop();
  await idp.stop();
});

/** Accounts' own affairs and the platform's: no key of a tenant has these. */
const beyondKeys = ({ permission }: ApiRoute): boolean => permission !== null && !allows(["*"], permission);
const requestOf = (route: ApiRoute, authorization: string | null, method?: string): RawRequest =>
  requestTo(route, tenants.ids, authorization, method);
const ask = (...asked: Parameters<Crawl["ask"]>): Promise<RawAnswer> => crawl.ask(...asked);
/** An account's own affairs are those of who is logged in; the rest is asked by a key. */
async function askAs(who: "owner" | "stranger", route: ApiRoute): Promise<RawAnswer> {
  const key = tenants.keys[who === "owner" ? "admin" : who];
  const credential = route.permission === "account:self" ? await tenants.session(who) : key;
  const answer = await ask(who, route, requestOf(route, `Bearer ${credential}`));
  if (ENDS_SESSION.has(route.operationId)) await tenants.logIn(who);
  return answer;
}
const readsAs = ({ operationId }: ApiRoute): number => OTHERWISE[operationId] ?? 200;

describe("the routes and the document", () => {
  it("name the same operations", async () => {
    const { paths } = await publishedDocument();
    const published = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
    );
    expect(published.toSorted()).toEqual(
      DESCRIBED.map(({ operationId, method, path }) => `${operationId} ${method} ${path}`).toSorted(),
    );
  });

  it("name in their paths only what the crawl has an id for", () => {
    const named = new Set(ROUTES.flatMap(({ path }) => paramsOf(path)));
    expect([...named].filter((name) => (tenants.ids[name] ?? "") === "")).toEqual([]);
  });
});

describe("who shows no valid credential", () => {
  it.each(guarded)("is refused by $name", async ({ route }) => {
    const { keys } = tenants;
    const tokens = await forgedTokens(workers.origin, "ten_owner1");
    const credentials: Record<string, string | null> = {
      "no credential": null,
      "an empty one": "Bearer ",
      "another scheme": `Basic ${Buffer.from(`a:${keys.admin}`).toString("base64")}`,
      "two keys": `Bearer ${keys.admin} ${keys.admin}`,
      "a wrong checksum": `Bearer ${keys.admin.slice(0, -8)}00000000`,
      "a wrong secret": `Bearer ${wrongSecret(keys.admin)}`,
      "a very long one": `Bearer ${"a".repeat(5_000)}`,
      "a disabled key": `Bearer ${keys.disabled}`,
      "an expired key": `Bearer ${keys.expired}`,
      ...Object.fromEntries(Object.entries(tokens).map(([what, token]) => [`token: ${what}`, `Bearer ${token}`])),
    };
    for (const [who, authorization] of Object.entries(credentials)) {
      const answer = await ask(who, route, requestOf(route, authorization));
      expect([answer.status, codeOf(answer)], who).toEqual([401, "unauthorized"]);
      expect(answer.headers["www-authenticate"], who).toBe('Bearer realm="aima"');
    }
  });

  it.each(open)("is answered by $name as anybody is", async ({ route }) => {
    for (const authorization of [null, `Bearer ${tenants.keys.disabled}`]) {
      const { status } = await ask("anybody", route, requestOf(route, authorization));
      expect(
        route.method === "get" ? [readsAs(route)] : [200, 202, 204, 401, 403, 404, 422],
        `by ${authorization}`,
      ).toContain(status);
      if (route.method !== "get") continue;
      const head = await ask("anybody", route, requestOf(route, authorization, "HEAD"));
      expect(head.status, `HEAD by ${authorization}`).toBe(status);
    }
  });
});

/** The same key with another secret, mistyped nowhere: its checksum is right. */
function wrongSecret(key: string): string {
  const [, tenant = "", keyId = ""] = key.split("_");
  return formatApiKey(`ten_${tenant}`, `key_${keyId}`, "0".repeat(32));
}

describe("a key that may only read assets", () => {
  it.each(guarded)("gets through $name by its permission alone", async ({ route }) => {
    const answer = await ask("reader", route, requestOf(route, `Bearer ${tenants.keys.reader}`));
    const may = route.permission !== null && allows(["assets:read"], route.permission);
    expect(answer.status === 403).toBe(!may);
    if (!may) {
      expect(JSON.parse(answer.body)).toMatchObject({
        code: "forbidden",
        required_permissions: [route.permission],
      });
    }
  });
});

describe("another tenant's admin", () => {
  // First, because the audit log of a stranger has the ids that the stranger names.
  it.each(guarded.filter(({ route }) => !ofTenant.some((each) => each.route === route)))(
    "sees nothing of the first tenant by $name",
    async ({ route }) => {
      const answer = await askAs("stranger", route);
      expect(answer.body).not.toContain(CANARY);
      expect(answer.body).not.toContain(tenants.ids["assetId"]);
      expect(answer.body).not.toContain(tenants.keys.admin.split("_")[2]);
      if (route.permission === "platform:operate") expect([answer.status, codeOf(answer)]).toEqual([403, "forbidden"]);
    },
  );

  it.each(ofTenant)("does not find what the first tenant has by $name", async ({ route }) => {
    const answer = await askAs("stranger", route);
    if (!NO_ID.has(route.operationId)) expect([answer.status, codeOf(answer)]).toEqual([404, "not_found"]);
    expect(answer.body).not.toContain(CANARY);
  });
});

describe("who may", () => {
  it.each(reading)("reads by $name with a key or a session, also by HEAD", async ({ route }) => {
    const operates = route.permission === "platform:operate";
    const session = `Bearer ${await tenants.session(operates ? "platform" : "owner")}`;
    const there = readsAs(route);
    const answer = await ask("key", route, requestOf(route, `Bearer ${tenants.keys.admin}`));
    expect(answer.status, answer.body).toBe(beyondKeys(route) ? 403 : there);
    const own = await ask("session", route, requestOf(route, session));
    expect(own.status, own.body).toBe(there);
    const head = await ask("session", route, requestOf(route, session, "HEAD"));
    expect(head.status).toBe(there);
  });

  it.each(changing)("changes by $name", async ({ route }) => {
    const operates = route.permission === "platform:operate";
    const { status, body } = operates
      ? await ask("platform", route, requestOf(route, `Bearer ${await tenants.session("platform")}`))
      : await askAs("owner", route);
    const otherwise = OTHERWISE[route.operationId];
    if (otherwise !== undefined) {
      expect(status, body).toBe(otherwise);
      return;
    }
    // A wrong password or code of the example is refused as one; nothing else is refused to who may.
    const refusals = route.permission === "account:self" ? [403] : [401, 403, 404];
    expect(refusals, body).not.toContain(status);
  });
});

describe("the doors beside the API", () => {
  it.each([
    ["/internal/bootstrap", "POST", "Bearer wrong", 401],
    ["/internal/bootstrap", "GET", null, 405],
    ["/agents/register", "POST", null, 401],
    ["/agents/nothing", "GET", "Bearer wrong", 405],
    ["/callbacks/jobs/nothing", "POST", null, 401],
    ["/callbacks/jobs/nothing", "GET", null, 405],
    ["/blobs/nothing", "GET", null, 401],
  ] as const)(
    "refuse at %s a %s by %s with %d, under the same headers",
    async (path, method, authorization, status) => {
      const headers = authorization === null ? {} : { authorization };
      const answer = await client.send({ method, path, headers, body: null });
      expect(answer.status, answer.body).toBe(status);
      expect(securityFaultsOf(answer)).toEqual([]);
      expect(answer.headers["content-type"]).toBe("application/problem+json");
    },
  );
});

describe("what the Worker logged", () => {
  it("is no fault", () => {
    expect(workers.faults).toEqual([]);
  });
});
