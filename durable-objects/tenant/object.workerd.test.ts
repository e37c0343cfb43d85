import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseApiKey } from "../../shared/core/access/api-key.ts";
import { tenantObject } from "../addresses.ts";
import { applySchema } from "../runtime/schema.ts";
import { TENANT_SCHEMA } from "./schema.ts";

describe("Tenant", () => {
  it("opens for the key it issued, and for no other", async () => {
    const tenant = tenantObject(env, "ten_one1");
    const { apiKey } = await tenant.bootstrap("ten_one1", "One");
    const key = parseApiKey(apiKey);
    if (key === null) throw new Error("not a key");
    expect(await tenant.authenticate(key.keyId, key.secret)).toEqual({
      leaseMs: 2_000,
      value: {
        tenant: "ten_one1",
        actor: { kind: "api-key", id: key.keyId },
        permissions: ["*"],
        keyLimit: null,
        owner: null,
      },
    });
    expect(await tenant.authenticate(key.keyId, "0".repeat(32))).toBeNull();
    expect(await tenantObject(env, "ten_two2").authenticate(key.keyId, key.secret)).toBeNull();
  });

  it("K1: keeps no secret", async () => {
    const { apiKey } = await tenantObject(env, "ten_three").bootstrap("ten_three", "Three");
    const raw = env.TENANT.get(env.TENANT.idFromName("ten_three"));
    const rows = await runInDurableObject(raw, (_instance, state) =>
      state.storage.sql.exec("SELECT * FROM api_keys").toArray(),
    );
    expect(JSON.stringify(rows)).not.toContain(parseApiKey(apiKey)?.secret);
  });

  it("T2: writes nothing when an unknown tenant is asked for", async () => {
    await tenantObject(env, "ten_nobody").authenticate("key_x", "secret");
    const raw = env.TENANT.get(env.TENANT.idFromName("ten_nobody"));
    const tables = await runInDurableObject(raw, (_instance, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('profile', 'api_keys')").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("U1: counts a job once, however often its settlement arrives, on the day it ended", async () => {
    const tenant = tenantObject(env, "ten_spender");
    const settlement = {
      jobId: "job_1",
      assetId: "ast_1",
      attempts: [
        { number: 1, startedAtMs: Date.UTC(2026, 10, 24, 23, 59), endedAtMs: Date.UTC(2026, 10, 24, 23, 59, 30) },
        { number: 2, startedAtMs: Date.UTC(2026, 10, 25), endedAtMs: Date.UTC(2026, 10, 25, 0, 0, 10) },
      ],
      computeMs: 40_000,
    };
    await tenant.settle(settlement);
    await tenant.settle(settlement);
    await tenant.settle({ ...settlement, computeMs: 99_999 });
    await tenant.settle({ ...settlement, jobId: "job_2", computeMs: 1_500 });
    await tenant.settle({
      ...settlement,
      jobId: "job_3",
      computeMs: 7,
      attempts: [{ number: 1, startedAtMs: 0, endedAtMs: Date.UTC(2026, 10, 24, 1) }],
    });
    expect(await tenant.usage()).toEqual([
      { day: "2026-11-25", jobs: 2, computeMs: 41_500 },
      { day: "2026-11-24", jobs: 1, computeMs: 7 },
    ]);
  });

  it("answers no usage for a tenant that never was, and writes nothing for the question", async () => {
    expect(await tenantObject(env, "ten_unseen").usage()).toEqual([]);
    const raw = env.TENANT.get(env.TENANT.idFromName("ten_unseen"));
    const tables = await runInDurableObject(raw, (_instance, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'usage'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("wakes a database of the first release with the tables of this one", async () => {
    const raw = env.TENANT.get(env.TENANT.idFromName("ten_elder"));
    await runInDurableObject(raw, (_instance, state) => {
      applySchema(state.storage, TENANT_SCHEMA.slice(0, 1));
      state.storage.sql.exec("INSERT INTO profile (id, tenant, name, created_at) VALUES (1, 'ten_elder', 'Elder', 0)");
    });
    await evictDurableObject(raw);
    expect(await tenantObject(env, "ten_elder").usage()).toEqual([]);
  });
});
