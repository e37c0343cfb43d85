import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { tenantObject } from "../addresses.ts";
import { applySchema } from "../runtime/schema.ts";
import { TENANT_SCHEMA } from "./schema.ts";

const listed = (): Promise<string[]> => tenantObject(env, "ten_platform").listTenants({ after: null, limit: 100 });
const rawOf = (tenant: string): DurableObjectStub => env.TENANT.get(env.TENANT.idFromName(tenant));

/** What was announced before it would be there by then. */
async function untilAnotherIsListed(tenant: string): Promise<void> {
  await tenantObject(env, tenant).createTenant({ tenant, name: "After", residency: "any" }, null);
  await evictDurableObject(rawOf(tenant));
  await tenantObject(env, tenant).getTenant();
  await vi.waitFor(async () => expect(await listed()).toContain(tenant));
}

it.each([1, 2, 3, 4, 5, 6])(
  "a tenant made with the schema of step %d is in the platform's list once it was touched",
  async (steps) => {
    const tenant = `ten_older${steps}`;
    await runInDurableObject(rawOf(tenant), (_instance, { storage }) => {
      applySchema(storage, TENANT_SCHEMA.slice(0, steps));
      storage.sql.exec("INSERT INTO profile (id, tenant, name, created_at) VALUES (1, ?, 'Older', 7)", tenant);
    });
    await evictDurableObject(rawOf(tenant));
    expect(await listed()).not.toContain(tenant);
    expect(await tenantObject(env, tenant).getTenant()).toMatchObject({ value: { name: "Older" } });
    await vi.waitFor(async () => expect(await listed()).toContain(tenant));
    // It has said so for good: what the list has forgotten since stays forgotten.
    await tenantObject(env, "ten_platform").delistTenant(tenant);
    await evictDurableObject(rawOf(tenant));
    await tenantObject(env, tenant).getTenant();
    await untilAnotherIsListed(`ten_after${steps}`);
    expect(await listed()).not.toContain(tenant);
  },
);

it("one that is only asked for, or on its way out, announces nothing", async () => {
  await tenantObject(env, "ten_nobody7").getTenant();
  const doomed = tenantObject(env, "ten_doomed7");
  await doomed.createTenant({ tenant: "ten_doomed7", name: "Doomed", residency: "any" }, null);
  await doomed.suspendTenant();
  await doomed.deleteTenant();
  await evictDurableObject(rawOf("ten_doomed7"));
  await doomed.deletion();
  await untilAnotherIsListed("ten_after0");
  const names = await listed();
  expect(names.filter((name) => name.endsWith("7"))).toEqual([]);
});
