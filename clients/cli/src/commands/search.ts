import type { AimaClient, SearchFilter } from "@aima/sdk";
import { note, say, sayJson } from "../output.ts";

export type SearchOptions = {
  readonly mediaType: NonNullable<SearchFilter["mediaType"]>;
  readonly kind: readonly string[];
  readonly limit: number;
  readonly json: boolean;
};

export async function search(client: AimaClient, words: readonly string[], options: SearchOptions): Promise<void> {
  const { mediaType, kind, limit, json } = options;
  const answer = await client.search(words.join(" "), {
    limit,
    ...(mediaType.length === 0 ? {} : { mediaType }),
    ...(kind.length === 0 ? {} : { kind: [...kind] }),
  });
  if (json) {
    sayJson(answer);
    return;
  }
  for (const { assetName, assetId, kind: found, timeRange, page, snippet, reasons } of answer.hits) {
    const where =
      timeRange !== null ? ` at ${(timeRange.startMs / 1000).toFixed(1)} s` : page === null ? "" : ` on page ${page}`;
    say(`${assetName}  ${assetId}  ${found}${where}`);
    if (snippet !== null) say(`    ${snippet}`);
    say(`    ${reasons.map(({ detail }) => detail).join("; ")}`);
  }
  if (answer.hits.length === 0) note("Nothing found.");
  if (answer.degraded.length > 0) note(`Without the ${answer.degraded.join(", ")} index, which does not answer.`);
}
