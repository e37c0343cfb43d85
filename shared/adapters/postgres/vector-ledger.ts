import { z } from "zod";
import type { LedgerEntry, VectorLedger } from "../vectorize/vector-ledger.ts";
import type { Sql } from "./connection.ts";
import type { Scopes } from "./scope.ts";
import { scopesOf } from "./scope.ts";

const Rows = z.array(
  z
    .strictObject({ vector_id: z.string(), space: z.string(), asset_id: z.string(), insight_id: z.string() })
    .transform((row) => ({
      vectorId: row.vector_id,
      space: row.space,
      assetId: row.asset_id,
      insightId: row.insight_id,
    })),
);

/** The ledger of an external vector index, in the table `external_vectors`. */
export class PostgresVectorLedger implements VectorLedger {
  readonly #database: Scopes;

  constructor(sql: Sql) {
    this.#database = scopesOf(sql);
  }

  async remember(tenant: string, entries: readonly LedgerEntry[]): Promise<void> {
    await this.#database.scoped(tenant)((sql) => [
      sql`
        insert into external_vectors (tenant, vector_id, space, asset_id, insight_id)
        select ${tenant}, * from unnest(
          ${entries.map(({ vectorId }) => vectorId)}::text[], ${entries.map(({ space }) => space)}::text[],
          ${entries.map(({ assetId }) => assetId)}::text[], ${entries.map(({ insightId }) => insightId)}::text[])
        on conflict do nothing`,
    ]);
  }

  async ofAsset(tenant: string, assetId: string): Promise<LedgerEntry[]> {
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql`
        select vector_id, space, asset_id, insight_id from external_vectors
        where tenant = ${tenant} and asset_id = ${assetId}`,
    ]);
    return Rows.parse(rows);
  }

  /** Entries of all assets of the tenant, at most `limit`. */
  async ofTenant(tenant: string, limit: number): Promise<LedgerEntry[]> {
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql`
        select vector_id, space, asset_id, insight_id from external_vectors where tenant = ${tenant} limit ${limit}`,
    ]);
    return Rows.parse(rows);
  }

  async resolve(tenant: string, vectorIds: readonly string[]): Promise<LedgerEntry[]> {
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql`
        select vector_id, space, asset_id, insight_id from external_vectors
        where tenant = ${tenant} and vector_id = any(${[...vectorIds]}::text[])`,
    ]);
    return Rows.parse(rows);
  }

  async forget(tenant: string, vectorIds: readonly string[]): Promise<void> {
    await this.#database.scoped(tenant)((sql) => [
      sql`
        delete from external_vectors where tenant = ${tenant} and vector_id = any(${[...vectorIds]}::text[])`,
    ]);
  }
}
