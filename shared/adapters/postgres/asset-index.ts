import { z } from "zod";
import { AssetSummary } from "../../contracts/asset.ts";
import type { SearchQuery } from "../../contracts/search.ts";
import { normalisedWords } from "../../core/embedding/words.ts";
import { storable, storableText } from "../../core/search/storable.ts";
import { trigramThreshold } from "../../core/search/thresholds.ts";
import type { AssetChange, AssetIndex, ListFilter, RankedInsight, StalledPosition } from "../../ports/asset-index.ts";
import { insightRows } from "./change-rows.ts";
import type { Sql } from "./connection.ts";
import type { Scopes } from "./scope.ts";
import { scopesOf } from "./scope.ts";
import { FILTERS, readRows, SHARED_PARAMETERS, sharedParameters, withColumns } from "./search-rows.ts";

/**
 * Both readings of the query: `simple` finds words exactly as written, also small words and words of any language;
 * `english` finds other forms of English words. The indexed vector has both, so either reading may match. A negated
 * word (`-word`) therefore excludes only texts that have it in both readings.
 */
const WORDS = "(websearch_to_tsquery('simple', $2) || websearch_to_tsquery('english', $2))";

/** Weights of ts_rank_cd: 1 prefers shorter texts, 32 maps the rank into 0 to 1. */
const RANK_NORMALISATION = 1 | 32;

/** The end of the gapless run of changes from the first event on. */
const INDEXED_SEQ = `
  select upper(run) - 1 as seq from assets, unnest(applied) as run
  where tenant = $1 and id = $2 and lower(run) = 1`;

const own = (position: number): string => `$${SHARED_PARAMETERS + position}`;

/** The asset index in Postgres 16 or later with pg_trgm, one HTTP request and transaction per call. */
export class PostgresAssetIndex implements AssetIndex {
  readonly #database: Scopes;

  constructor(sql: Sql) {
    this.#database = scopesOf(sql);
  }

  async indexedSeq(tenant: string, assetId: string): Promise<number> {
    const [rows] = await this.#database.scoped(tenant)((sql) => [sql.query(INDEXED_SEQ, [tenant, assetId])]);
    return readIndexedSeq(rows);
  }

  async apply(tenant: string, change: AssetChange): Promise<number> {
    const { assetId, fromSeq, toSeq, summary } = change;
    const deleted = summary.status === "deleted";
    const results = await this.#database.scoped(tenant)((sql) => [
      // The row lock taken here keeps other changes of the asset out until the end. The newest summary says whether
      // the asset is deleted; a tombstone has nothing applied, so that a restored asset is read from its beginning.
      sql`
          insert into assets as kept
            (tenant, id, applied, summary_seq, name, status, media_type, created_at, summary, deleted)
          values (${tenant}, ${assetId},
            case when ${deleted} then '{}' else int8multirange(int8range(${fromSeq + 1}, ${toSeq + 1})) end,
            0, '', '', null, ${summary.createdAt}, '{}', ${deleted})
          on conflict (tenant, id) do update set
            deleted = case when kept.summary_seq < ${summary.seq} then excluded.deleted else kept.deleted end,
            applied = case
              when kept.summary_seq >= ${summary.seq} and kept.deleted then kept.applied
              when kept.deleted then excluded.applied
              when kept.summary_seq < ${summary.seq} and excluded.deleted then '{}'
              else kept.applied + excluded.applied end`,
      sql`
          update assets set summary_seq = ${summary.seq}, name = ${storableText(summary.name)}, status = ${summary.status},
            media_type = ${summary.mediaType}, created_at = ${summary.createdAt},
            summary = ${JSON.stringify(storable(summary))}::jsonb
          where tenant = ${tenant} and id = ${assetId} and summary_seq < ${summary.seq}`,
      // A tombstone tells that there was an asset and nothing about it.
      sql`
          update assets set name = '', status = 'deleted', media_type = null, summary = '{}'
          where tenant = ${tenant} and id = ${assetId} and deleted`,
      sql`
          delete from insights where tenant = ${tenant} and asset_id = ${assetId} and exists
            (select from assets where tenant = ${tenant} and id = ${assetId} and deleted)`,
      ...insightRows(change).map(
        (rows) => sql`
            insert into insights as kept
              (tenant, asset_id, id, seq, kind, text, start_ms, end_ms, page, box, data, confidence)
            select ${tenant}, ${assetId}, id, ${toSeq}, kind, text, start_ms, end_ms, page,
              nullif(box, 'null'), data, confidence
            from jsonb_to_recordset(${rows}::jsonb) as new
              (id text, kind text, text text, start_ms float8, end_ms float8, page int, box jsonb, data jsonb,
               confidence float8)
            where not exists (select from assets where tenant = ${tenant} and assets.id = ${assetId} and deleted)
            on conflict (tenant, asset_id, id) do update
              set seq = excluded.seq, kind = excluded.kind, text = excluded.text, start_ms = excluded.start_ms,
                end_ms = excluded.end_ms, page = excluded.page, box = excluded.box, data = excluded.data,
                confidence = excluded.confidence
              where kept.seq < excluded.seq`,
      ),
      sql.query(INDEXED_SEQ, [tenant, assetId]),
    ]);
    return readIndexedSeq(results.at(-1));
  }

  async stalled(updatedBefore: string, limit: number, after: StalledPosition | null): Promise<StalledPosition[]> {
    const [rows] = await this.#database.acrossTenants((sql) => [
      sql`
        select tenant, id as "assetId", summary->>'updatedAt' as "updatedAt" from assets
        where not deleted and status in ('inspecting', 'analysing') and summary->>'updatedAt' < ${updatedBefore}
          and (${after?.assetId ?? null}::text is null
            or (summary->>'updatedAt', tenant, id) > (${after?.updatedAt ?? null}, ${after?.tenant ?? null}, ${after?.assetId ?? null}))
        order by summary->>'updatedAt', tenant, id limit ${limit}`,
    ]);
    return z.array(z.strictObject({ tenant: z.string(), assetId: z.string(), updatedAt: z.string() })).parse(rows);
  }

  async list(tenant: string, filter: ListFilter): Promise<AssetSummary[]> {
    const { status = null, mediaType = null, after = null, limit } = filter;
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql`
        select summary from assets
        where tenant = ${tenant} and not deleted
          and (${status}::text is null or status = ${status})
          and (${mediaType}::text is null or media_type = ${mediaType})
          and (${after?.id ?? null}::text is null or (created_at, id) < (${after?.createdAt ?? null}::timestamptz, ${after?.id ?? null}))
        order by created_at desc, id desc limit ${limit}`,
    ]);
    return z
      .array(z.strictObject({ summary: AssetSummary }))
      .parse(rows)
      .map(({ summary }) => summary);
  }

  /** An exact phrase comes before texts that have all words elsewhere; among each, dense and short texts first. */
  async searchText(tenant: string, query: SearchQuery, limit: number): Promise<RankedInsight[]> {
    const best = `
      select i.asset_id, i.id, ts_rank_cd(i.tsv, ${WORDS}, ${RANK_NORMALISATION})
        + case when i.tsv @@ phraseto_tsquery('simple', $2) then 1 else 0 end as score
      from insights_with_words(${WORDS}) found
      join insights i on i.asset_id = found.asset_id and i.id = found.id, assets a
      where ${FILTERS}
      order by score desc, i.asset_id, i.id limit ${own(1)}`;
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql.query(withColumns(best), [...sharedParameters(tenant, query), limit]),
    ]);
    return readRows(rows, query, () => `text contains "${query.q}"`);
  }

  /**
   * Two steps, because `word_similarity` to a whole text also counts trigrams that different words have, and a long
   * text has nearly all of them: it finds the candidates, with its index, and each word of the query is then compared
   * with the single words of these. The score is the mean over the words of the query.
   */
  async searchTrigram(tenant: string, query: SearchQuery, limit: number): Promise<RankedInsight[]> {
    const words = [...new Set(normalisedWords(query.q))];
    if (words.length === 0) return [];
    const threshold = trigramThreshold(query.q);
    const best = `
      select candidate.asset_id, candidate.id, compared.score
      from (
        select i.asset_id, i.id, i.tsv
        from insights_with_wording($2) found
        join insights i on i.asset_id = found.asset_id and i.id = found.id, assets a
        where ${FILTERS}
        order by word_similarity($2, i.text) desc, i.asset_id, i.id limit ${own(1)}
      ) candidate
      cross join lateral (
        select avg((select coalesce(max(word_similarity(word, lexeme)), 0) from unnest(candidate.tsv))) as score
        from unnest(${own(2)}::text[]) as word
      ) compared
      where compared.score >= ${own(3)}`;
    const [, rows] = await this.#database.scoped(tenant)((sql) => [
      // Only the operator uses the index, it reads its threshold from the setting, and the planner takes it for
      // much cheaper than it is: left alone it compares with every text.
      sql`
        select set_config('pg_trgm.word_similarity_threshold', ${String(threshold)}, true),
          set_config('enable_seqscan', 'off', true)`,
      sql.query(withColumns(best), [...sharedParameters(tenant, query), limit, words, threshold]),
    ]);
    return readRows(rows, query, (score) => `similar wording (${score.toFixed(2)})`);
  }

  async hydrate(
    tenant: string,
    query: SearchQuery,
    ids: readonly { readonly assetId: string; readonly insightId: string }[],
  ): Promise<RankedInsight[]> {
    if (ids.length === 0) return [];
    const best = `
      select i.asset_id, i.id, 0 as score
      from unnest(${own(1)}::text[], ${own(2)}::text[]) as wanted (asset_id, id)
      join insights i on i.tenant = $1 and i.asset_id = wanted.asset_id and i.id = wanted.id, assets a
      where ${FILTERS} and $2::text is not null`;
    const [rows] = await this.#database.scoped(tenant)((sql) => [
      sql.query(withColumns(best), [
        ...sharedParameters(tenant, query),
        ids.map(({ assetId }) => assetId),
        ids.map(({ insightId }) => insightId),
      ]),
    ]);
    return readRows(rows, query, () => "");
  }
}

const readIndexedSeq = (rows: unknown): number =>
  z.array(z.strictObject({ seq: z.coerce.number() })).parse(rows)[0]?.seq ?? 0;
