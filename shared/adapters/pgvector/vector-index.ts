import { z } from "zod";
import type { VectorEntry, VectorIndex, VectorMatch } from "../../ports/vector-index.ts";
import type { Sql } from "../postgres/connection.ts";
import type { Scopes } from "../postgres/scope.ts";
import { scopesOf } from "../postgres/scope.ts";

/** Entries per statement: 200 vectors of 1,536 numbers stay below 4 MB of text. */
const ENTRIES_PER_STATEMENT = 200;

/** The port's own bound on the matches of one question. */
const MAX_MATCHES = 100;

/**
 * The vector index in Postgres with pgvector, beside the lexical index.
 *
 * One column without a number of dimensions holds all spaces, and a question is an exact scan of one tenant's vectors
 * of one space: full recall whatever the filter, where an approximate graph over all tenants would lose the matches
 * of small ones. The scan takes time in proportion: 33 ms for 20,000 vectors of 384 numbers in the local engine. A tenant
 * beyond some 200,000 vectors of one space belongs into an external index.
 */
export class PgvectorIndex implements VectorIndex {
  readonly #database: Scopes;

  constructor(sql: Sql) {
    this.#database = scopesOf(sql);
  }

  async upsert(tenant: string, entries: readonly VectorEntry[]): Promise<void> {
    const rows = lastOfEach(entries).filter(({ vector }) => hasDirection(vector));
    if (rows.length === 0) return;
    const parts: VectorEntry[][] = [];
    for (let i = 0; i < rows.length; i += ENTRIES_PER_STATEMENT) parts.push(rows.slice(i, i + ENTRIES_PER_STATEMENT));
    await this.#database.scoped(tenant)((sql) =>
      parts.map(
        (part) => sql`
        insert into insight_vectors (tenant, space, asset_id, insight_id, vector)
        select ${tenant}, space, asset_id, insight_id, vector::vector
        from unnest(
          ${part.map(({ space }) => space)}::text[], ${part.map(({ assetId }) => assetId)}::text[],
          ${part.map(({ insightId }) => insightId)}::text[], ${part.map(({ vector }) => JSON.stringify(vector))}::text[]
        ) as new (space, asset_id, insight_id, vector)
        on conflict (tenant, space, asset_id, insight_id) do update set vector = excluded.vector`,
      ),
    );
  }

  async deleteAsset(tenant: string, assetId: string): Promise<void> {
    await this.#database.scoped(tenant)((sql) => [
      sql`delete from insight_vectors where tenant = ${tenant} and asset_id = ${assetId}`,
    ]);
  }

  async nearest(tenant: string, space: string, vector: readonly number[], limit: number): Promise<VectorMatch[]> {
    if (!hasDirection(vector)) return [];
    const question = JSON.stringify(vector);
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql`
        select asset_id, insight_id, 1 - distance as similarity
        from (
          select asset_id, insight_id,
            case when vector_dims(vector) = ${vector.length} then vector <=> ${question}::vector end as distance
          from insight_vectors where tenant = ${tenant} and space = ${space}
        ) as scanned
        where distance is not null
        order by distance, asset_id, insight_id limit ${Math.min(limit, MAX_MATCHES)}`,
    ]);
    return z
      .array(z.strictObject({ asset_id: z.string(), insight_id: z.string(), similarity: z.number() }))
      .parse(rows)
      .map((row) => ({ assetId: row.asset_id, insightId: row.insight_id, similarity: row.similarity }));
  }
}

/** The zero vector is similar to nothing: its cosine does not exist. */
function hasDirection(vector: readonly number[]): boolean {
  return vector.some((value) => value !== 0);
}

/** A statement may touch a row only once, so of several entries with one identity the last counts. */
function lastOfEach(entries: readonly VectorEntry[]): VectorEntry[] {
  return [
    ...new Map(entries.map((entry) => [JSON.stringify([entry.space, entry.assetId, entry.insightId]), entry])).values(),
  ];
}
