import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseApiKey } from "../../shared/core/access/api-key.ts";
import { tenantObject } from "../addresses.ts";

describe("Tenant", () => {
  it("opens for the key it issued, and for no other", async () => {
    const tenant = tenantObject(env, "ten_one1");
    const { apiKey } = await tenant.bootstrap("ten_one1", "One");
    const key = parseApiKey(apiKey);
    if (key === null) throw new Error("not a key");
    expect(await tenant.authenticate(key.keyId, key.secret)).toEqual({
      tenant: "ten_one1",
      keyId: key.keyId,
      scopes: ["*"],
    });
    expect(await tenant.authenticate(key.keyId, "0".repeat(32))).toBeNull();
    expect(await tenantObject(env, "ten_two2").authenticate(key.keyId, key.secret)).toBeNull();
  });

  it("T1: keeps no secret", async () => {
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
});
