/** The SQL that every search shares: filters, columns, and how a row is read. */
import { z } from "zod";
import { Box } from "../../contracts/insight.ts";
import { MediaType } from "../../contracts/media.ts";
import type { SearchQuery } from "../../contracts/search.ts";
import { lightStem, normalisedWords } from "../../core/embedding/words.ts";
import { REMOVED_KIND } from "../../core/search/removed-insight.ts";
import { snippetOf } from "../../core/search/snippet.ts";
import { storableText } from "../../core/search/storable.ts";
import type { RankedInsight } from "../../ports/asset-index.ts";

/** Characters of text around the first match that leave the database; the snippet is cut from them. */
const WINDOW_LENGTH = 600;
const WINDOW_LEAD = 200;

/**
 * `$1` tenant, `$2` query text, `$3` media types, `$4` kinds, `$5` and `$6` creation interval, `$7` stems of the
 * query; own parameters of a search come after them.
 */
export const SHARED_PARAMETERS = 7;

/** The parameters that every search begins with. */
export function sharedParameters(tenant: string, query: SearchQuery): unknown[] {
  return [
    tenant,
    storableText(query.q),
    query.mediaTypes,
    query.kinds,
    query.createdAfter,
    query.createdBefore,
    queryStems(query),
  ];
}

/** The filters of a query, on insights `i` of assets `a`. Deleted assets and removed insights never pass. */
export const FILTERS = `
  i.tenant = $1 and a.tenant = $1 and a.id = i.asset_id and not a.deleted and i.kind <> '${REMOVED_KIND}'
  and (cardinality($3::text[]) = 0 or a.media_type = any($3::text[]))
  and (cardinality($4::text[]) = 0 or i.kind = any($4::text[]))
  and ($5::timestamptz is null or a.created_at >= $5::timestamptz)
  and ($6::timestamptz is null or a.created_at < $6::timestamptz)`;

/**
 * The rows of `best` (asset_id, id, score) with everything a hit shows. The text is cut in the database, because it
 * may be a whole document; only the rows that are returned are cut.
 */
export function withColumns(best: string): string {
  return `
    with best as materialized (${best})
    select a.id as asset_id, a.name as asset_name, a.media_type, i.id as insight_id, i.kind, i.start_ms, i.end_ms,
      i.page, i.box, best.score::float8 as score,
      substr(i.text, w.start, ${WINDOW_LENGTH}) as window_text, w.start > 1 as cut_before,
      w.start + ${WINDOW_LENGTH} <= char_length(i.text) as cut_after
    from best
    join insights i on i.tenant = $1 and i.asset_id = best.asset_id and i.id = best.id
    join assets a on a.tenant = $1 and a.id = best.asset_id
    cross join lateral (
      select greatest(coalesce(min(nullif(strpos(lower(i.text), stem), 0)), 1) - ${WINDOW_LEAD}, 1) as start
      from unnest($7::text[]) as stem
    ) w
    order by best.score desc, best.asset_id, best.id`;
}

const Row = z.strictObject({
  asset_id: z.string(),
  asset_name: z.string(),
  media_type: MediaType.nullable(),
  insight_id: z.string(),
  kind: z.string(),
  start_ms: z.number().nullable(),
  end_ms: z.number().nullable(),
  page: z.int().nullable(),
  box: Box.nullable(),
  score: z.number(),
  window_text: z.string().nullable(),
  cut_before: z.boolean().nullable(),
  cut_after: z.boolean().nullable(),
});

/** Reads the rows of `withColumns`. */
export function readRows(rows: unknown, query: SearchQuery, detail: (score: number) => string): RankedInsight[] {
  const stems = queryStems(query);
  return z
    .array(Row)
    .parse(rows)
    .map((row) => ({
      assetId: row.asset_id,
      assetName: row.asset_name,
      mediaType: row.media_type,
      insightId: row.insight_id,
      kind: row.kind,
      timeRange: row.start_ms === null || row.end_ms === null ? null : { startMs: row.start_ms, endMs: row.end_ms },
      page: row.page,
      box: row.box,
      snippet:
        row.window_text === null
          ? null
          : snippetOf(
              { text: row.window_text, cutBefore: row.cut_before === true, cutAfter: row.cut_after === true },
              stems,
            ),
      score: row.score,
      detail: detail(row.score),
    }));
}

function queryStems(query: SearchQuery): string[] {
  return [...new Set(normalisedWords(query.q).map(lightStem))];
}
