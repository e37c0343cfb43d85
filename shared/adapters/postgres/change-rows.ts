import { storable } from "../../core/search/storable.ts";
import type { AssetChange } from "../../ports/asset-index.ts";

/** Rows per statement: keeps one statement's parameter in the range of a megabyte for ordinary findings. */
const ROWS_PER_STATEMENT = 500;

/**
 * The insights of a change as JSON arrays for `jsonb_to_recordset`. Of several with one id the last counts, because a
 * statement may touch a row only once.
 */
export function insightRows(change: AssetChange): string[] {
  const byId = new Map(change.insights.map((insight) => [insight.id, insight]));
  const rows = [...byId.values()].map(({ id, kind, text, timeRange, page, box, data, confidence }) =>
    storable({
      id,
      kind,
      text,
      start_ms: timeRange?.startMs ?? null,
      end_ms: timeRange?.endMs ?? null,
      page,
      box,
      data,
      confidence,
    }),
  );
  const statements = [];
  for (let i = 0; i < rows.length; i += ROWS_PER_STATEMENT) {
    statements.push(JSON.stringify(rows.slice(i, i + ROWS_PER_STATEMENT)));
  }
  return statements;
}
