import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUserIndex, listedUser, userId } from "../../../test/contracts/user-index.contract.ts";
import type { TestPostgres } from "../../../test/support/postgres.ts";
import { startPostgres } from "../../../test/support/postgres.ts";
import { IndexUnavailable } from "../../ports/asset-index.ts";
import { connect } from "./connection.ts";
import { scopesOf } from "./scope.ts";
import { PostgresUserIndex } from "./users.ts";

const OWN = "ten_own";
const FOREIGN = "ten_foreign";

let postgres: TestPostgres;
let index: PostgresUserIndex;
beforeAll(async () => {
  postgres = await startPostgres();
  index = new PostgresUserIndex(postgres.sql);
}, 60_000);
afterAll(() => postgres.stop());

describeUserIndex("PostgresUserIndex", () => index);

test("keeps nothing of a removed user but id and number", async () => {
  const names = { username: "private", fullName: "Private Person", email: "private@example.com" };
  await index.apply("ten_gone", userId(1), { seq: 1, user: listedUser(1, names) });
  await index.apply("ten_gone", userId(1), { seq: 2, user: null });
  const [row] = await postgres.sql`select * from users where tenant = 'ten_gone'`;
  expect(row).toEqual({
    tenant: "ten_gone",
    id: userId(1),
    seq: expect.anything(),
    email: "",
    email_verified: false,
    username: null,
    full_name: null,
    folded: "",
    role: "",
    status: "deleted",
    totp: false,
    log_ins: 0,
    password_changed_at: null,
    last_log_in_at: null,
    created_at: null,
  });
});

test("keeps a name with characters that PostgreSQL has no place for", async () => {
  await index.apply("ten_odd", userId(1), { seq: 1, user: listedUser(1, { fullName: "A\u0000da \ud800" }) });
  const filter = { role: null, status: null, q: "\u0000ada", sort: "email", after: null, limit: 9 } as const;
  expect(await index.list("ten_odd", filter)).toMatchObject([{ fullName: "Ada \ufffd" }]);
});

describe("row-level security", () => {
  test("lets a transaction see and change the users of its tenant only, whatever its statements ask for", async () => {
    const { sql } = postgres;
    for (const tenant of [OWN, FOREIGN]) {
      await index.apply(tenant, userId(1), { seq: 1, user: listedUser(1, { fullName: tenant }) });
    }
    const everybody = () =>
      sql`select tenant, full_name from users where tenant in (${OWN}, ${FOREIGN}) order by tenant`;
    const [seen] = await scopesOf(sql).scoped(OWN)((statements) => [statements`select tenant, full_name from users`]);
    expect(seen).toEqual([{ tenant: OWN, full_name: OWN }]);
    const [unscoped] = await scopesOf(sql).scoped("")((statements) => [statements`select tenant from users`]);
    expect(unscoped).toEqual([]);
    await scopesOf(sql).scoped(OWN)((statements) => [statements`update users set full_name = 'changed'`]);
    expect(await everybody()).toEqual([
      { tenant: FOREIGN, full_name: FOREIGN },
      { tenant: OWN, full_name: "changed" },
    ]);
    for (const work of [
      scopesOf(sql).scoped(OWN)((statements) => [statements`update users set tenant = ${FOREIGN}`]),
      scopesOf(sql).scoped(OWN)((statements) => [
        statements`insert into users (tenant, id, seq, email, email_verified, folded, role, status, totp, log_ins)
          values (${FOREIGN}, 'usr_x', 1, '', true, '', 'user', 'active', false, 0)`,
      ]),
      scopesOf(sql).acrossTenants((statements) => [statements`select id from users`]),
    ]) {
      await expect(work).rejects.toMatchObject({ code: "42501" });
    }
    await scopesOf(sql).scoped(OWN)((statements) => [statements`delete from users`]);
    expect(await everybody()).toEqual([{ tenant: FOREIGN, full_name: FOREIGN }]);
  });
});

test("throws IndexUnavailable when nobody listens", async () => {
  // Port 1 is reserved and has no listener.
  const away = new PostgresUserIndex(connect(postgres.databaseUrl, "127.0.0.1:1"));
  const filter = { role: null, status: null, q: null, sort: "email", after: null, limit: 9 } as const;
  try {
    await expect(away.list(OWN, filter)).rejects.toBeInstanceOf(IndexUnavailable);
    await expect(away.apply(OWN, userId(1), { seq: 1, user: null })).rejects.toBeInstanceOf(IndexUnavailable);
  } finally {
    connect(postgres.databaseUrl, postgres.neonLocal);
  }
});
