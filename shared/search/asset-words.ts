/**
 * What an asset is called, as a finding among the others: its name, title, people and tags, so that a search finds a
 * file by them too. Made when the asset is indexed; every newer version replaces the one before.
 */
import type { AssetSummary } from "../contracts/asset.ts";
import type { Insight } from "../contracts/insight.ts";
import { LEXICAL_SPACE, lexicalVector } from "../core/embedding/lexical-vector.ts";

export const ASSET_WORDS_ID = "ins_asset_00000";

export function assetWords({ name, tags, metadata }: AssetSummary): Insight {
  const { title, artist, album, author, subject, keywords } = metadata;
  // Names are words joined by signs: harbour-sign_2.jpg.
  const spoken = name.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
  const words = [spoken, title, artist, album, author, subject, keywords, ...tags].filter(
    (part) => part !== undefined && part !== "",
  );
  const text = [...new Set(words)].join(", ");
  return {
    id: ASSET_WORDS_ID,
    step: "asset",
    operation: "embed",
    kind: "asset",
    source: { engine: "aima", model: LEXICAL_SPACE, digest: null },
    confidence: null,
    timeRange: null,
    page: null,
    box: null,
    text: text === "" ? null : text,
    data: {},
    artifact: null,
    embedding: text === "" ? null : { space: LEXICAL_SPACE, vector: lexicalVector(text) },
  };
}
