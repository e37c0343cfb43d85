/**
 * Every route asked by people in sessions of their own (guest, user, admin, the admin of another tenant) and with what
 * was taken away from them, on the whole system; and then everything that the system has kept, searched for what let
 * them in. What is expected is computed from the document and from a table of the roles written by hand.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { signPng } from "../../local/samples/picture.ts";
import { openApiDocument } from "../../workers/api/openapi.ts";
import type { ApiRoute } from "../../workers/api/route.ts";
import { DESCRIBED } from "../../workers/api/routes/table.ts";
import { codeOf, Crawl, ENDS_SESSION, guarded, NO_ID, ofTenant, requestTo } from "../gateway/crawl.ts";
import { People } from "../gateway/people.ts";
import { plantCarelessly } from "../gateway/careless.ts";
import { rawClient } from "../gateway/raw-request.ts";
import { MAY } from "../gateway/roles.ts";
import { CANARY, claimsOf, type Ids, makeTenants, OWNER, submitJob, type Tenants } from "../gateway/tenants.ts";
import { startWholeSystem, type WholeSystem } from "../gateway/whole-system.ts";
import { leaksIn } from "../gateway/written-secrets.ts";
import {
  CLIENT_SECRET,
  type IdentityProvider,
  providerSettings,
  startIdentityProvider,
} from "../support/identity-provider/identity-provider.ts";
import { SECRETS } from "../support/secrets.ts";

let idp: IdentityProvider;
let system: WholeSystem;
let client: ReturnType<typeof rawClient>;
let tenants: Tenants;
let people: People;
let crawl: Crawl;
/** Of the first tenant, with an asset that was analysed. */
let ids: Ids;
/** What opened something once, by who had it. */
let dead: Readonly<Record<string, string>>;
const sessions = new Map<string, string>();

const MEMBERS = ["guest", "user"] as const;
const ROLES = ["guest", "user", "admin"] as const;
type Role = (typeof ROLES)[number];
const members = new Map<Role, Awaited<ReturnType<People["join"]>>>();

beforeAll(async () => {
  idp = await startIdentityProvider();
  system = await startWholeSystem({ ...providerSettings(idp.issuer, OWNER), MAIL: "binding" });
  client = rawClient(system.workers.origin, 8);
  crawl = new Crawl(client.send);
  tenants = await makeTenants(system.workers, client.send);
  people = new People(system.workers, client.send, tenants);
  people.secrets.set("secret at the identity provider", CLIENT_SECRET);
  for (const [name, secret] of Object.entries(SECRETS)) people.secrets.set(name, secretPart(name, secret));
  people.secrets.delete("DATABASE_URL");
  const [assetId, ended] = await Promise.all([
    analysed(),
    takenAway(),
    ...MEMBERS.map(async (role) => members.set(role, await people.join(role, role))),
    people.useEverything(),
    plantCarelessly(client.send, tenants.keys.admin, people.secrets),
  ]);
  await system.stopAgent();
  ids = { ...tenants.ids, assetId };
  members.set("admin", people.admin);
  dead = ended;
  await Promise.all(ROLES.map(async (role) => sessions.set(role, await session(role))));
});
afterAll(async () => {
  process.stdout.write(crawl.summary);
  client.close();
  await system.stop();
  await idp.stop();
});

/** Of a setting that has more in it than its secret. */
function secretPart(name: string, value: string): string {
  if (name !== "ACCESS_TOKEN_KEYS") return value.split(":").at(-1) ?? "";
  return (JSON.parse(value) as { keys: { d: string }[] }).keys[0]?.d ?? "";
}

/** A picture that the agent has looked at. */
async function analysed(): Promise<string> {
  const { id } = await people.asAdmin("POST", "/v1/assets", { name: `${CANARY}.png`, tags: [CANARY] });
  const path = `/v1/assets/${String(id)}`;
  const authorization = `Bearer ${tenants.keys.admin}`;
  const body = await signPng();
  await client.send({ method: "PUT", path: `${path}/content?complete=true`, headers: { authorization }, body });
  await vi.waitFor(
    async () => {
      const artifact = `${path}/artifacts/thumbnail.webp`;
      const { status } = await client.send({ method: "GET", path: artifact, headers: { authorization }, body: null });
      if (status !== 200) throw new Error(`the artifact answers ${status}`);
    },
    { timeout: 60_000, interval: 200 },
  );
  return String(id);
}

async function session(role: Role): Promise<string> {
  const person = members.get(role);
  if (person === undefined) throw new Error(`nobody is ${role}`);
  return (await people.logIn(person)).accessToken;
}

/** Credentials that were good, and how they ended. */
async function takenAway(): Promise<Readonly<Record<string, string>>> {
  const leavers = ["logged-out", "sent-out", "suspended", "deleted"] as const;
  const [loggedOut, sentOut, suspended, deleted] = await Promise.all(
    leavers.map(async (name) => {
      const { userId, ...person } = await people.join(name, "user");
      return { userId, token: (await people.logIn({ userId, ...person })).accessToken };
    }),
  );
  const [gone, rolled] = [await people.key("deleted"), await people.key("rolled")];
  await Promise.all([
    people.as(loggedOut?.token ?? "", "POST", "/v1/auth/logout", {}),
    people.asAdmin("DELETE", `/v1/users/${sentOut?.userId}/sessions`),
    people.asAdmin("POST", `/v1/users/${suspended?.userId}/suspend`),
    people.asAdmin("DELETE", `/v1/users/${deleted?.userId}`),
    people.asAdmin("DELETE", `/v1/api-keys/${gone.id}`),
    people.roll(rolled.id),
  ]);
  return {
    "a session that logged out": loggedOut?.token ?? "",
    "a session that an admin ended": sentOut?.token ?? "",
    "a session of a suspended user": suspended?.token ?? "",
    "a session of a deleted user": deleted?.token ?? "",
    "a deleted key": gone.secret,
    "the secret before a roll": rolled.secret,
  };
}

/** What the document says that an operation takes. */
function permissionOf({ path, method }: ApiRoute): string {
  const { paths } = openApiDocument(DESCRIBED) as unknown as {
    paths: Record<string, Record<string, { "x-required-permission"?: string }>>;
  };
  return paths[path]?.[method]?.["x-required-permission"] ?? "";
}

let things = 1_000;

/** An asset and a job of their own, for who may take away what they name; the other ids stay. */
async function fresh(): Promise<Ids> {
  const { id } = await people.asAdmin("POST", "/v1/assets", { name: `${CANARY}.txt` });
  things += 1;
  const jobId = `job_${String(things).padStart(26, "0")}`;
  await submitJob(system.workers, jobId, String(id));
  return { ...ids, assetId: String(id), jobId };
}

describe("what was taken away", () => {
  it.each(guarded)("opens nothing at $name", async ({ route }) => {
    const answers = await Promise.all(
      Object.entries(dead).map(async ([who, credential]) => {
        const answer = await crawl.ask(who, route, requestTo(route, ids, `Bearer ${credential}`));
        return `${who}: ${answer.status} ${String(codeOf(answer))}`;
      }),
    );
    expect(answers).toEqual(Object.keys(dead).map((who) => `${who}: 401 unauthorized`));
  });
});

describe("another tenant's admin in a session", () => {
  it.each(guarded)("sees nothing of the first tenant by $name", async ({ route }) => {
    const token = await tenants.session("stranger");
    const answer = await crawl.ask("another admin", route, requestTo(route, ids, `Bearer ${token}`));
    if (route.permission === "platform:operate") expect([answer.status, codeOf(answer)]).toEqual([403, "forbidden"]);
    else if (ofTenant.some((each) => each.route === route) && !NO_ID.has(route.operationId))
      expect([answer.status, codeOf(answer)]).toEqual([404, "not_found"]);
    expect(answer.body).not.toContain(CANARY);
    if (ENDS_SESSION.has(route.operationId)) await tenants.logIn("stranger");
  });

  it("reads its own row of the audit log under the number of another's, and none beyond its own", async () => {
    const read = async (token: string, seq: string) =>
      crawl.ask("reader of a row", auditRow, requestTo(auditRow, { seq }, `Bearer ${token}`));
    const auditRow = routeOf("getAuditRow");
    const [own, others] = [await read(tenants.keys.stranger, "1"), await read(tenants.keys.admin, "1")];
    const hashes = [own, others].map(({ body }) => (JSON.parse(body) as { hash: string }).hash);
    expect(new Set(hashes).size).toBe(2);
    expect((await read(tenants.keys.stranger, "1000000")).status).toBe(404);
  });

  it("resets nothing that the first tenant has counted", async () => {
    const limits = routeOf("getRateLimits");
    const remaining = async (): Promise<number> => {
      const answer = await crawl.ask("key", limits, requestTo(limits, ids, `Bearer ${tenants.keys.admin}`));
      const { limits: all } = JSON.parse(answer.body) as { limits: { policy: string; remaining: number }[] };
      return Math.min(...all.map((each) => each.remaining));
    };
    const subject = `key:${keyIdOf(tenants.keys.admin)}`;
    const before = await remaining();
    const reset = routeOf("resetRateLimits");
    const asked = requestTo(reset, { subject }, `Bearer ${await tenants.session("stranger")}`);
    expect((await crawl.ask("another admin", reset, asked)).status).toBe(204);
    expect(await remaining()).toBeLessThanOrEqual(before);
  });

  it("gets nothing by the ids and cursors of the first tenant in queries", async () => {
    const token = `Bearer ${await tenants.session("stranger")}`;
    const lists = guarded.filter(({ route }) => route.method === "get" && "cursor" in route.query.shape);
    const cursors: string[] = [];
    for (const { route } of lists) {
      const asked = requestTo(route, ids, `Bearer ${tenants.keys.admin}`);
      const answer = await client.send({ ...asked, path: withQuery(asked.path, "limit=1") });
      cursors.push(String((JSON.parse(answer.body) as { next?: unknown }).next));
    }
    expect(cursors.filter((cursor) => cursor.length > 20).length).toBeGreaterThan(1);
    const values = [...Object.values(ids), ...cursors, keyIdOf(tenants.keys.admin), OWNER];
    for (const { route } of guarded.filter((each) => each.route.method === "get" && !ofTenant.includes(each))) {
      const asked = requestTo(route, ids, token);
      const pairs = Object.keys(route.query.shape).flatMap((name) =>
        values.map((value) => `${name}=${encodeURIComponent(value)}`),
      );
      await Promise.all(
        pairs.map(async (pair) => {
          const path = withQuery(asked.path, pair);
          const answer = await crawl.ask("another admin's query", route, { ...asked, path });
          expect(answer.body, `${route.operationId} ${pair}`).not.toContain(CANARY);
        }),
      );
    }
  });
});

const withQuery = (path: string, query: string): string => path + (path.includes("?") ? "&" : "?") + query;
const keyIdOf = (key: string): string => `key_${key.split("_")[2]}`;
function routeOf(operationId: string): ApiRoute {
  const found = guarded.find(({ route }) => route.operationId === operationId);
  if (found === undefined) throw new Error(`no operation ${operationId}`);
  return found.route;
}

/** Of the account itself: what the example's password, code or version is refused by. */
const SELF_REFUSALS: readonly unknown[] = ["invalid_credentials"];

describe.each(ROLES)("a %s in a session", (role) => {
  it.each(guarded)("may do $name exactly when the role says so", async ({ route }) => {
    const permission = permissionOf(route);
    const may = MAY[role].includes(permission);
    const token = sessions.get(role) ?? "";
    const sessionId = String(claimsOf(token)["sid"]);
    // What an admin takes away is taken away last.
    const about = may && role === "user" && route.method !== "get" ? await fresh() : ids;
    const request = requestTo(route, { ...about, sessionId }, `Bearer ${token}`);
    const answer = await crawl.ask(role, route, request);
    if (ENDS_SESSION.has(route.operationId)) sessions.set(role, await session(role));
    if (!may) {
      expect([answer.status, codeOf(answer)], answer.body).toEqual([403, "forbidden"]);
      expect(JSON.parse(answer.body)).toMatchObject({ required_permissions: [permission] });
      return;
    }
    if (route.method === "get") {
      expect(answer.status, answer.body).toBe(200);
      return;
    }
    if (answer.status === 401) expect(SELF_REFUSALS).toContain(codeOf(answer));
    else expect([403, 404], answer.body).not.toContain(answer.status);
  });
});

describe("what the system has kept", () => {
  it("has none of what let somebody in: logs, mails' files apart, database, objects, bucket and queues", async () => {
    const { workers } = system;
    expect(workers.faults).toEqual([]);
    const database = await workers.databaseRows();
    await system.end();
    const kept = {
      "log lines": await system.logLines(),
      "database rows": database,
      "rows of objects": await system.objectRows(),
      "files of the bucket": await system.bucketFiles(),
      messages: workers.queued,
    };
    // All of it is read: what belongs there is found there.
    const found = Object.entries(kept).filter(([, lines]) => lines.some((line) => line.includes(CANARY)));
    const wanted = ["database rows", "rows of objects", "files of the bucket"];
    expect(found.map(([what]) => what)).toEqual(expect.arrayContaining(wanted));
    expect(kept.messages.filter((line) => line.includes(ids["assetId"] ?? "-"))).not.toEqual([]);
    for (const event of ["request", "registered"])
      expect(
        kept["log lines"].filter((line) => line.includes(`"event":"${event}"`)),
        event,
      ).not.toEqual([]);
    const { secrets } = people;
    expect([...secrets].filter(([, secret]) => secret.length < 8)).toEqual([]);
    for (const [what, lines] of Object.entries(kept)) expect(leaksIn(secrets, lines).slice(0, 10), what).toEqual([]);
    const counted = Object.entries(kept).map(([what, lines]) => `${lines.length} ${what}`);
    process.stdout.write(`searched for ${secrets.size} secrets: ${counted.join(", ")}\n`);
  });
});
