import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { tenantObject } from "../addresses.ts";

it("how far the sweep over all users has come is kept, across a restart, until it has come to its end", async () => {
  const name = "ten_usersweep1";
  const books = tenantObject(env, name);
  expect(await books.userSweepPosition()).toBeNull();
  const position = { tenant: "ten_a", after: "" };
  await books.keepUserSweepPosition({ tenant: "ten_a", after: "usr_x" });
  await books.keepUserSweepPosition(position);
  await evictDurableObject(env.TENANT.get(env.TENANT.idFromName(name)));
  expect(await books.userSweepPosition()).toEqual(position);
  await books.keepUserSweepPosition(null);
  expect(await books.userSweepPosition()).toBeNull();
});
