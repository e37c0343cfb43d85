import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiKeyView } from "../../../../shared/contracts/api-key.ts";
import { parseApiKey } from "../../../../shared/core/access/api-key.ts";
import { makeWorld, type World } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

type Issued = ApiKeyView & { readonly secret: string };
const BODY = { name: "Import", permissions: ["assets:read", "assets:write"] };

async function made(world: World, body: object = BODY): Promise<Issued> {
  return (await (await world.post("/v1/api-keys", body)).json()) as Issued;
}
const codeOf = async (response: Response): Promise<unknown> => [
  response.status,
  ((await response.json()) as { code: unknown }).code,
];
const put = (world: World, id: string, body: object, headers: Record<string, string> = {}): Promise<Response> =>
  world.call(`/v1/api-keys/${id}`, {
    method: "PUT",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });
/** What the tenant says to the whole key. */
async function opens(world: World, whole: string): Promise<boolean> {
  const key = parseApiKey(whole);
  return key !== null && (await world.tenantOf(key.tenant).authenticate(key.keyId, key.secret)) !== null;
}

describe("POST /v1/api-keys", () => {
  it("accepts: shows the whole key once, which nothing keeps on the way", async () => {
    const world = makeWorld();
    const limit = { limit: 600, windowSeconds: 60 };
    const answer = await world.post("/v1/api-keys", { ...BODY, expiresAt: "2100-01-01T00:00:00Z", limit });
    expect([answer.status, answer.headers.get("cache-control"), answer.headers.get("etag")]).toEqual([
      201,
      "no-store",
      '"v1"',
    ]);
    const key = (await answer.json()) as Issued;
    expect(key).toMatchObject({ ...BODY, limit, status: "enabled", createdBy: "key_one", version: 1 });
    expect(key.expiresAt).toBe("2100-01-01T00:00:00.000Z");
    expect(key.secret).toMatch(/^aima_one1_/);
    expect(key.ending).toBe(key.secret.slice(-4));
    expect(await opens(world, key.secret)).toBe(true);
    expect(answer.headers.get("location")).toBe(`/v1/api-keys/${key.id}`);
    expect(await (await world.call(`/v1/api-keys/${key.id}`)).text()).not.toContain(key.secret);
    const { rows } = await world.auditOf("ten_one1").search({ filter: {}, before: null, limit: 10 });
    expect(rows).toMatchObject([{ event: "security.api_key_created", resource: { type: "apiKey", id: key.id } }]);
    expect(JSON.stringify(rows)).not.toContain(parseApiKey(key.secret)?.secret);
  });

  it("accepts a repetition: no second key, no secret again; another body under the same key is refused", async () => {
    const world = makeWorld();
    const key = { "idempotency-key": "once" };
    expect((await world.post("/v1/api-keys", BODY, key)).status).toBe(201);
    expect(await codeOf(await world.post("/v1/api-keys", BODY, key))).toEqual([409, "secret_shown"]);
    expect(await codeOf(await world.post("/v1/api-keys", { ...BODY, name: "B" }, key))).toEqual([
      422,
      "idempotency_conflict",
    ]);
    const { apiKeys } = (await (await world.call("/v1/api-keys")).json()) as { apiKeys: unknown[] };
    expect(apiKeys).toHaveLength(1);
  });

  it("refuses: permissions that no key has, none at all, an end in the past, a limit of nothing", async () => {
    const world = makeWorld();
    for (const over of [
      { permissions: ["platform:operate"] },
      { permissions: ["account:self"] },
      { permissions: [] },
      { expiresAt: "2020-01-01T00:00:00Z" },
      { limit: { limit: 0, windowSeconds: 60 } },
      { name: " " },
    ]) {
      expect(await codeOf(await world.post("/v1/api-keys", { ...BODY, ...over }))).toEqual([422, "invalid_request"]);
    }
  });

  it("who may: nobody gives what they lack", async () => {
    const poor = { kind: "api-key", id: "key_poor" } as const;
    const world = makeWorld({
      authenticate: async () => ({ tenant: "ten_one1", actor: poor, permissions: ["keys:manage", "assets:read"] }),
    });
    expect(await codeOf(await world.post("/v1/api-keys", BODY))).toEqual([403, "forbidden"]);
    expect(await codeOf(await world.post("/v1/api-keys", { ...BODY, permissions: ["*"] }))).toEqual([403, "forbidden"]);
    expect((await world.post("/v1/api-keys", { ...BODY, permissions: ["assets:read"] })).status).toBe(201);
    expect(world.tenantOf("ten_one1").makers.at(-1)).toEqual({
      id: "key_poor",
      permissions: ["keys:manage", "assets:read"],
    });
  });
});

describe("GET /v1/api-keys", () => {
  it("accepts: all keys page by page, without secrets", async () => {
    const world = makeWorld();
    const ids = [(await made(world)).id, (await made(world)).id, (await made(world)).id].toSorted().toReversed();
    const first = (await (await world.call("/v1/api-keys?limit=2")).json()) as { apiKeys: Issued[]; next: string };
    const second = (await (await world.call(`/v1/api-keys?limit=2&cursor=${first.next}`)).json()) as typeof first;
    expect([...first.apiKeys, ...second.apiKeys].map(({ id }) => id)).toEqual(ids);
    expect(second.next).toBeNull();
    expect(JSON.stringify(first)).not.toContain("secret");
  });

  it("refuses a cursor of another list; who may: nobody sees another tenant's", async () => {
    const world = makeWorld();
    const key = await made(world);
    expect(await codeOf(await world.call("/v1/api-keys?cursor=x.y"))).toEqual([422, "invalid_cursor"]);
    const theirs = await world.call("/v1/api-keys", { key: "key-of-two" });
    expect(await theirs.json()).toEqual({ apiKeys: [], next: null });
    for (const path of ["", "/disable", "/enable", "/roll"]) {
      const method = path === "" ? "GET" : "POST";
      const answer = await world.call(`/v1/api-keys/${key.id}${path}`, { method, key: "key-of-two" });
      expect(await codeOf(answer)).toEqual([404, "not_found"]);
    }
    expect(await opens(world, key.secret)).toBe(true);
  });
});

describe("one API key", () => {
  it("accepts a change of the version that the caller has seen, and refuses that of an older one", async () => {
    const world = makeWorld();
    const { id } = await made(world);
    const changed = await put(world, id, { permissions: ["assets:read"] }, { "if-match": '"v1"' });
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"v2"']);
    expect(await changed.json()).toMatchObject({ permissions: ["assets:read"], name: "Import", version: 2 });
    expect(await codeOf(await put(world, id, { name: "B" }, { "if-match": '"v1"' }))).toEqual([
      412,
      "precondition_failed",
    ]);
    const unchanged = await world.call(`/v1/api-keys/${id}`, { headers: { "if-none-match": '"v2"' } });
    expect(unchanged.status).toBe(304);
  });

  it("opens nothing while it is disabled, and nothing after it is deleted", async () => {
    const world = makeWorld();
    const { id, secret } = await made(world);
    const disabled = await world.post(`/v1/api-keys/${id}/disable`, {});
    expect(await disabled.json()).toMatchObject({ status: "disabled", version: 2 });
    expect(await opens(world, secret)).toBe(false);
    expect((await world.post(`/v1/api-keys/${id}/enable`, {})).status).toBe(200);
    expect(await opens(world, secret)).toBe(true);
    expect((await world.call(`/v1/api-keys/${id}`, { method: "DELETE" })).status).toBe(204);
    expect(await opens(world, secret)).toBe(false);
    expect((await world.call(`/v1/api-keys/${id}`, { method: "DELETE" })).status).toBe(404);
  });

  it("rolled with grace both secrets open, without it the new one only; a grace of more than a day is refused", async () => {
    const world = makeWorld();
    const first = await made(world);
    const second = (await (
      await world.post(`/v1/api-keys/${first.id}/roll`, { graceSeconds: 3_600 })
    ).json()) as Issued;
    expect([await opens(world, first.secret), await opens(world, second.secret)]).toEqual([true, true]);
    const answer = await world.call(`/v1/api-keys/${first.id}/roll`, { method: "POST" });
    const third = (await answer.json()) as Issued;
    expect([await opens(world, second.secret), await opens(world, third.secret)]).toEqual([false, true]);
    expect(await codeOf(await world.post(`/v1/api-keys/${first.id}/roll`, { graceSeconds: 86_401 }))).toEqual([
      422,
      "invalid_request",
    ]);
  });

  it("who may: a roll would show a secret with more than the caller has", async () => {
    const poor = { kind: "api-key", id: "key_poor" } as const;
    const world = makeWorld({
      authenticate: async (key) => ({
        tenant: "ten_one1",
        actor: poor,
        permissions: key === "rich" ? ["*"] : ["keys:manage"],
      }),
    });
    const rich = (await (
      await world.call("/v1/api-keys", {
        method: "POST",
        key: "rich",
        body: JSON.stringify(BODY),
        headers: { "content-type": "application/json" },
      })
    ).json()) as Issued;
    expect(await codeOf(await world.post(`/v1/api-keys/${rich.id}/roll`, {}))).toEqual([403, "forbidden"]);
    expect(await opens(world, rich.secret)).toBe(true);
  });
});
