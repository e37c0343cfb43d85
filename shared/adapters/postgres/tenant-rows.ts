import { z } from "zod";
import type { TenantRows } from "../../ports/tenant-rows.ts";
import type { Sql } from "./connection.ts";
import { type Scopes, scopesOf } from "./scope.ts";

const Tables = z.array(z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9_]*$/) }));
const Ids = z.array(z.strictObject({ id: z.string() }));
const Removed = z.array(z.strictObject({ removed: z.coerce.number() }));

/**
 * The rows of a tenant in Postgres, whatever the table: the database itself tells which have the column `tenant`, so that
 * a table made later is not forgotten. The scope's own row-level security keeps other tenants' rows out of reach.
 */
export class PostgresTenantRows implements TenantRows {
  readonly #database: Scopes;

  constructor(sql: Sql) {
    this.#database = scopesOf(sql);
  }

  async assetIds(tenant: string, after: string | null, limit: number): Promise<string[]> {
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql`
        select id from assets where tenant = ${tenant} and id > ${after ?? ""} order by id limit ${limit}`,
    ]);
    return Ids.parse(rows).map(({ id }) => id);
  }

  async erase(tenant: string, limit: number): Promise<number> {
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql`
        select table_name::text as name from information_schema.columns
        where table_schema = 'public' and column_name = 'tenant' order by 1`,
    ]);
    const results = await this.#database.scoped(tenant)((sql) =>
      Tables.parse(rows).map(({ name }) =>
        sql.query(
          `with gone as (delete from "${name}" where ctid in
             (select ctid from "${name}" where tenant = $1 limit $2) returning 1)
           select count(*) as removed from gone`,
          [tenant, limit],
        ),
      ),
    );
    return results.reduce<number>((sum, result) => sum + (Removed.parse(result)[0]?.removed ?? 0), 0);
  }
}
