import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseApiKey } from "../../shared/core/access/api-key.ts";
import { type TenantStub, tenantObject } from "../addresses.ts";
import { applySchema } from "../runtime/schema.ts";
import { TENANT_SCHEMA } from "./schema.ts";

const MAKER = { id: "usr_maker", permissions: ["*"] };

let tenants = 0;
async function freshTenant(): Promise<{ id: string; tenant: TenantStub; raw: DurableObjectStub }> {
  tenants += 1;
  const id = `ten_access${tenants}`;
  const tenant = tenantObject(env, id);
  await tenant.createTenant({ tenant: id, name: "Access", residency: "any" }, null);
  return { id, tenant, raw: env.TENANT.get(env.TENANT.idFromName(id)) };
}

function parsed(whole: string): { keyId: string; secret: string } {
  const key = parseApiKey(whole);
  if (key === null) throw new Error("not a key");
  return key;
}

async function newKey(tenant: TenantStub, over: Partial<Parameters<TenantStub["createKey"]>[0]> = {}) {
  const made = await tenant.createKey({ name: "A key", permissions: ["assets:read"], ...over }, MAKER, null);
  if (!made.ok) throw new Error(made.error.code);
  return { whole: made.value.secret, view: made.value.key, ...parsed(made.value.secret) };
}

const shift = (raw: DurableObjectStub, column: "expires_at" | "grace_until", keyId: string, atMs: number) =>
  runInDurableObject(raw, (_instance, state) => {
    state.storage.sql.exec(`UPDATE api_keys SET ${column} = ? WHERE id = ?`, atMs, keyId);
  });

describe("API keys", () => {
  it("once disabled, none of the next 1,000 questions is answered with a principal, and no older lease runs", async () => {
    const { tenant } = await freshTenant();
    const key = await newKey(tenant);
    const askedAtMs = Date.now();
    const leased = await tenant.authenticate(key.keyId, key.secret);
    if (leased === null || leased === "suspended") throw new Error("the key does not open");
    expect(leased.value.permissions).toEqual(["assets:read"]);
    await tenant.disableKey(key.keyId);
    expect(Date.now()).toBeGreaterThanOrEqual(askedAtMs + leased.leaseMs);
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => tenant.authenticate(key.keyId, key.secret)));
    expect(answers.filter((answer) => answer !== null)).toEqual([]);
  });

  it("a disabling is not answered too early after a restart either: nobody knows what was said before", async () => {
    const { tenant, raw } = await freshTenant();
    const key = await newKey(tenant);
    const askedAtMs = Date.now();
    await tenant.authenticate(key.keyId, key.secret);
    await evictDurableObject(raw);
    await tenant.disableKey(key.keyId);
    expect(Date.now() - askedAtMs).toBeGreaterThanOrEqual(2_000);
    await evictDurableObject(raw);
    expect(await tenant.authenticate(key.keyId, key.secret)).toBeNull();
    await tenant.enableKey(key.keyId);
    expect(await tenant.authenticate(key.keyId, key.secret)).toMatchObject({ value: { tenant: expect.any(String) } });
  });

  it("K2: an expired key opens nothing, and a lease is no longer than the key", async () => {
    const { tenant, raw } = await freshTenant();
    const key = await newKey(tenant);
    await shift(raw, "expires_at", key.keyId, Date.now() + 1_000);
    const leased = await tenant.authenticate(key.keyId, key.secret);
    if (leased === null || leased === "suspended") throw new Error("the key does not open");
    expect(leased.leaseMs).toBeGreaterThan(0);
    expect(leased.leaseMs).toBeLessThanOrEqual(1_000);
    await shift(raw, "expires_at", key.keyId, Date.now() - 1);
    expect(await tenant.authenticate(key.keyId, key.secret)).toBeNull();
    expect(await tenant.getKey(key.keyId)).toMatchObject({ value: { status: "expired" } });
    const past = { name: "Late", permissions: ["search" as const], expiresAt: "2020-01-01T00:00:00Z" };
    expect(await tenant.createKey(past, MAKER, null)).toMatchObject({ error: { code: "invalid_request" } });
  });

  it("K2: the secret before a roll opens until its grace is over; without grace it is over at once", async () => {
    const { tenant, raw } = await freshTenant();
    const key = await newKey(tenant);
    const rolled = await tenant.rollKey(key.keyId, 3_600, MAKER, null);
    if (!rolled.ok) throw new Error(rolled.error.code);
    const next = parsed(rolled.value.secret);
    expect(rolled.value.key).toMatchObject({ id: key.keyId, version: 2, graceUntil: expect.any(String) });
    for (const { secret } of [key, next]) expect(await tenant.authenticate(key.keyId, secret)).not.toBeNull();
    await shift(raw, "grace_until", key.keyId, Date.now() - 1);
    expect(await tenant.authenticate(key.keyId, key.secret)).toBeNull();
    expect(await tenant.authenticate(key.keyId, next.secret)).not.toBeNull();
    await tenant.rollKey(key.keyId, 0, MAKER, null);
    expect(await tenant.authenticate(key.keyId, next.secret)).toBeNull();
  });

  it("K1, K3: no database has a secret; no maker gives what it lacks", async () => {
    const { tenant, raw } = await freshTenant();
    const secrets: string[] = [];
    for (let i = 0; i < 3; i += 1) secrets.push((await newKey(tenant)).secret);
    const once = { key: "k", fingerprint: "f" };
    const made = await tenant.createKey({ name: "Once", permissions: ["search"] }, MAKER, once);
    if (!made.ok) throw new Error(made.error.code);
    secrets.push(parsed(made.value.secret).secret);
    const dump = await runInDurableObject(raw, (_instance, { storage: { sql } }) =>
      sql
        .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'")
        .toArray()
        .map(({ name }) => JSON.stringify(sql.exec(`SELECT * FROM ${name}`).toArray()))
        .join("\n"),
    );
    expect(dump).toContain(made.value.key.id);
    for (const secret of secrets) expect(dump).not.toContain(secret);
    const poor = { id: "usr_poor", permissions: ["search", "keys:manage"] };
    const wanted = { name: "Rich", permissions: ["search" as const, "assets:delete" as const] };
    const refused = await tenant.createKey(wanted, poor, null);
    expect(refused).toMatchObject({ error: { code: "forbidden", detail: expect.stringContaining("assets:delete") } });
    const all = await tenant.createKey({ name: "All", permissions: ["*"] }, poor, null);
    expect(all).toMatchObject({ error: { code: "forbidden" } });
    // A roll shows a secret: it would give the whole key to whom may manage keys.
    const [rich] = await tenant.listKeys({ after: null, limit: 10 });
    const taken = await tenant.rollKey(rich?.id ?? "", 0, { id: "usr_poor", permissions: ["keys:manage"] }, null);
    expect(taken).toMatchObject({ error: { code: "forbidden" } });
  });

  it("a repeated request makes no second key and shows no secret again; another request under its key is a conflict", async () => {
    const { tenant } = await freshTenant();
    const once = { key: "create", fingerprint: "one" };
    const body = { name: "Once", permissions: ["search" as const] };
    const made = await tenant.createKey(body, MAKER, once);
    if (!made.ok) throw new Error(made.error.code);
    expect(await tenant.createKey(body, MAKER, once)).toEqual({
      ok: false,
      replayed: true,
      error: { code: "secret_shown", detail: `This request has been done; its key is ${made.value.key.id}.` },
    });
    expect(await tenant.createKey(body, MAKER, { ...once, fingerprint: "two" })).toMatchObject({
      error: { code: "idempotency_conflict" },
    });
    expect(await tenant.listKeys({ after: null, limit: 10 })).toHaveLength(1);
  });

  it("a switch repeated under its key after a crash answers as at first, and switches nothing", async () => {
    const { tenant, raw } = await freshTenant();
    const { keyId } = await newKey(tenant);
    const off = { key: "disable", fingerprint: "one" };
    const first = await tenant.disableKey(keyId, off);
    await evictDurableObject(raw);
    await tenant.enableKey(keyId);
    const repeated = await Promise.all(Array.from({ length: 20 }, () => tenant.disableKey(keyId, off)));
    expect(new Set(repeated.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ ...first, replayed: true })]),
    );
    expect(await tenant.getKey(keyId)).toMatchObject({ value: { status: "enabled" } });
  });

  it("are listed newest first page by page, changed under their version, and deleted", async () => {
    const { tenant } = await freshTenant();
    const [first, second, third] = [await newKey(tenant), await newKey(tenant), await newKey(tenant)];
    // Made within one millisecond they are in the order of their random part.
    const newest = [first, second, third]
      .map((key) => key.keyId)
      .toSorted()
      .toReversed();
    const page = await tenant.listKeys({ after: null, limit: 2 });
    expect(page.map((key) => key.id)).toEqual(newest.slice(0, 2));
    const rest = await tenant.listKeys({ after: page[1]?.id ?? null, limit: 2 });
    expect(rest.map((key) => key.id)).toEqual(newest.slice(2));
    const stale = await tenant.updateKey(first.keyId, { name: "B" }, MAKER, 7);
    expect(stale).toMatchObject({ error: { code: "precondition_failed" } });
    const limit = { limit: 5, windowSeconds: 60 };
    const changed = await tenant.updateKey(first.keyId, { name: "B", limit }, MAKER, 1);
    expect(changed).toMatchObject({ value: { name: "B", limit, version: 2, permissions: ["assets:read"] } });
    expect(await tenant.authenticate(first.keyId, first.secret)).toMatchObject({ value: { keyLimit: limit } });
    expect(await tenant.deleteKey(first.keyId)).toEqual({ ok: true, value: null });
    expect(await tenant.authenticate(first.keyId, first.secret)).toBeNull();
    expect(await tenant.deleteKey(first.keyId)).toMatchObject({ error: { code: "not_found" } });
  });

  it("of one tenant open no other", async () => {
    const [one, two] = [await freshTenant(), await freshTenant()];
    const key = await newKey(one.tenant);
    expect(await two.tenant.authenticate(key.keyId, key.secret)).toBeNull();
    for (const outcome of [await two.tenant.getKey(key.keyId), await two.tenant.deleteKey(key.keyId)]) {
      expect(outcome).toMatchObject({ error: { code: "not_found" } });
    }
    expect(await one.tenant.authenticate(key.keyId, key.secret)).toMatchObject({ value: { tenant: one.id } });
  });

  it("K4: say when they were used last", async () => {
    const { tenant } = await freshTenant();
    const key = await newKey(tenant);
    expect(key.view.lastUsedAt).toBeNull();
    const beforeMs = Date.now();
    await tenant.authenticate(key.keyId, key.secret);
    await expect
      .poll(async () => {
        const read = await tenant.getKey(key.keyId);
        return read.ok && Date.parse(read.value.lastUsedAt ?? "1970-01-01") >= beforeMs;
      })
      .toBe(true);
  });
});

describe("a tenant", () => {
  it("when suspended, answers after every lease is over; nobody gets in until it is resumed, also after a restart", async () => {
    const { tenant, raw } = await freshTenant();
    const key = await newKey(tenant);
    const askedAtMs = Date.now();
    expect(await tenant.standing()).toEqual({ value: { active: true }, leaseMs: 2_000 });
    expect(await tenant.suspendTenant()).toMatchObject({ value: { status: "suspended", version: 2 } });
    expect(Date.now() - askedAtMs).toBeGreaterThanOrEqual(2_000);
    await evictDurableObject(raw);
    expect(await tenant.standing()).toMatchObject({ value: { active: false } });
    expect(await tenant.authenticate(key.keyId, key.secret)).toBe("suspended");
    expect(await tenant.authenticate(key.keyId, "0".repeat(32))).toBeNull();
    expect(await tenant.suspendTenant()).toMatchObject({ value: { version: 2 } });
    expect(await tenant.resumeTenant()).toMatchObject({ value: { status: "active", version: 3 } });
    expect(await tenant.authenticate(key.keyId, key.secret)).toMatchObject({ leaseMs: 2_000 });
  });

  it("is made once, and renamed under its version", async () => {
    const { id, tenant } = await freshTenant();
    const again = await tenant.createTenant({ tenant: id, name: "Other", residency: "any" }, null);
    expect(again).toMatchObject({ error: { code: "tenant_exists" } });
    expect(await tenant.renameTenant("New", 2)).toMatchObject({ error: { code: "precondition_failed" } });
    expect(await tenant.renameTenant("New", 1)).toMatchObject({ value: { id, name: "New", version: 2, members: 0 } });
    expect(await tenantObject(env, "ten_absent").getTenant()).toMatchObject({ error: { code: "not_found" } });
    expect(await tenantObject(env, "ten_absent").standing()).toBeNull();
  });

  it("K4: of before keys had somebody behind them, wakes with the user at the top of each line of makers", async () => {
    const raw = env.TENANT.get(env.TENANT.idFromName("ten_lines"));
    const ids = ["key_first", "key_a", "key_b", "key_c", "key_d", "key_e", "key_round"];
    const makers = [null, "usr_1", "key_a", "key_b", "key_first", "key_gone", "key_round"];
    await runInDurableObject(raw, (_instance, { storage }) => {
      // The step before the one that asks who is behind a key.
      applySchema(storage, TENANT_SCHEMA.slice(0, 6));
      storage.sql.exec("INSERT INTO profile (id, tenant, name, created_at) VALUES (1, 'ten_lines', 'Old', 5)");
      for (const [at, id] of ids.entries()) {
        const insert =
          "INSERT INTO api_keys (id, secret_sha256, scopes, created_at, created_by) VALUES (?, '', '[]', 5, ?)";
        storage.sql.exec(insert, id, makers[at] ?? null);
      }
    });
    await evictDurableObject(raw);
    const tenant = tenantObject(env, "ten_lines");
    const keys = await tenant.listKeys({ after: null, limit: 10 });
    expect(Object.fromEntries(keys.map(({ id, owner }) => [id, owner]))).toEqual({
      key_first: null,
      key_a: "usr_1",
      key_b: "usr_1",
      key_c: "usr_1",
      key_d: null,
      key_e: null,
      key_round: null,
    });
  });

  it("of release 0.1.0 wakes with its keys", async () => {
    const raw = env.TENANT.get(env.TENANT.idFromName("ten_grandpa"));
    const digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"; // SHA-256 of "test"
    await runInDurableObject(raw, (_instance, { storage }) => {
      applySchema(storage, TENANT_SCHEMA.slice(0, 2));
      storage.sql.exec("INSERT INTO profile (id, tenant, name, created_at) VALUES (1, 'ten_grandpa', 'Old', 5)");
      storage.sql.exec("INSERT INTO api_keys VALUES ('key_old', ?, '[\"*\"]', 5, NULL)", digest);
    });
    await evictDurableObject(raw);
    const tenant = tenantObject(env, "ten_grandpa");
    expect(await tenant.authenticate("key_old", "test")).toMatchObject({ value: { permissions: ["*"] } });
    expect(await tenant.getTenant()).toMatchObject({
      value: { name: "Old", status: "active", residency: "any", version: 1, updatedAt: "1970-01-01T00:00:00.005Z" },
    });
    expect(await tenant.getKey("key_old")).toMatchObject({
      value: { name: "First key", status: "enabled", version: 1 },
    });
  });
});
