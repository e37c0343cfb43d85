/** The outcome for people: one line an asset, one line a search. */
import type { AssetOutcome, SearchOutcome } from "./outcome.ts";

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function dimensions({ metadata }: AssetOutcome): string {
  const { width, height, durationSeconds, pageCount } = metadata;
  return [
    width === undefined || height === undefined ? null : `${width}×${height}`,
    durationSeconds === undefined ? null : seconds(durationSeconds * 1000),
    pageCount === undefined ? null : `${pageCount} page${pageCount === 1 ? "" : "s"}`,
  ]
    .filter((part) => part !== null)
    .join(", ");
}

function kinds({ insights }: AssetOutcome): string {
  const counts = new Map<string, number>();
  for (const { kind } of insights) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => (count === 1 ? kind : `${kind} ×${count}`)).join(", ");
}

export function assetLine(asset: AssetOutcome): string {
  const what = `${asset.mediaType ?? "unknown"}${dimensions(asset) === "" ? "" : ` (${dimensions(asset)})`}`;
  const why = asset.reason === undefined ? "" : `: ${asset.reason.code}, ${asset.reason.detail}`;
  return `  ${asset.name}  ${what}  ${asset.status}${why} in ${seconds(asset.timings.totalMs)}\n      ${kinds(asset)}`;
}

export function searchLine({ query, hits }: SearchOutcome): string {
  const [first] = hits;
  if (first === undefined) return `  "${query}"  nothing found`;
  const where =
    first.page === null
      ? first.timeRange === null
        ? ""
        : ` at ${seconds(first.timeRange.startMs)}`
      : `, page ${first.page}`;
  const snippet = first.snippet === null ? "" : `\n      ${first.snippet.replaceAll(/\s+/g, " ").slice(0, 120)}`;
  return `  "${query}"  ${first.assetName}${where} (${first.reasons.map(({ index }) => index).join(" + ")})${snippet}`;
}
