/**
 * The lexical and filter index: a projection of the asset journals, rebuilt from them at any time.
 *
 * Every method names its tenant first and never returns another tenant's rows. Faults of the store are thrown as
 * `IndexUnavailable`; nothing here is on the path that accepts work.
 */
import type { AssetSummary } from "../contracts/asset.ts";
import type { Insight } from "../contracts/insight.ts";
import type { SearchQuery } from "../contracts/search.ts";

/** Everything that happened to an asset after `fromSeq`, up to and including `toSeq`. */
export type AssetChange = {
  readonly assetId: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Of the whole asset when it was read: `summary.seq` is at or above `toSeq`. */
  readonly summary: AssetSummary;
  /** Insights recorded in that interval; an id seen before is replaced by the newer. */
  readonly insights: readonly Insight[];
};

export type RankedInsight = {
  readonly assetId: string;
  readonly assetName: string;
  readonly mediaType: AssetSummary["mediaType"];
  readonly insightId: string;
  readonly kind: string;
  readonly timeRange: Insight["timeRange"];
  readonly page: number | null;
  readonly box: Insight["box"];
  readonly snippet: string | null;
  /** The index's own score, higher is better. */
  readonly score: number;
  readonly detail: string;
};

export type ListFilter = {
  readonly status?: AssetSummary["status"];
  readonly mediaType?: AssetSummary["mediaType"];
  readonly limit: number;
  /** Continue after this asset: the list is ordered by `(createdAt, id)`, newest first. */
  readonly after?: { readonly createdAt: string; readonly id: string };
};

/** Order of the sweep: longest silent first, then tenant and id. */
export type StalledPosition = { readonly updatedAt: string; readonly tenant: string; readonly assetId: string };

/** The store cannot be reached or refuses work; the caller may try again. */
export class IndexUnavailable extends Error {
  override readonly name = "IndexUnavailable";
}

export interface AssetIndex {
  /** Journal number up to which all changes are applied; 0 when the asset is unknown, or deleted as far as is known. */
  indexedSeq(tenant: string, assetId: string): Promise<number>;
  /**
   * Applies a change in one transaction: all of it or nothing. A change at or below the applied number changes
   * nothing (repeats and late arrivals); the result is the same in whatever order and number changes arrive, once
   * the highest has. A summary with status `deleted` removes the insights and leaves a tombstone that a late change
   * cannot undo; a newer one that is not deleted (a restored asset) begins anew, and wants all changes again. Answers
   * with the asset's `indexedSeq` after it.
   */
  apply(tenant: string, change: AssetChange): Promise<number>;
  /**
   * Assets of all tenants that the index knows as unfinished and has heard nothing of since `updatedBefore` (ISO 8601),
   * longest silent first, beginning after `after`. For the operator's sweep only.
   */
  stalled(updatedBefore: string, limit: number, after: StalledPosition | null): Promise<StalledPosition[]>;
  /** Newest first; deleted assets are left out. */
  list(tenant: string, filter: ListFilter): Promise<AssetSummary[]>;
  /** Full-text matches, best first, at most `limit`, filters applied. */
  searchText(tenant: string, query: SearchQuery, limit: number): Promise<RankedInsight[]>;
  /** Matches by trigram similarity (misspellings, parts of words), best first. */
  searchTrigram(tenant: string, query: SearchQuery, limit: number): Promise<RankedInsight[]>;
  /** The named insights of live assets that pass the filters; order is not promised. Hydrates vector matches. */
  hydrate(
    tenant: string,
    query: SearchQuery,
    ids: readonly { readonly assetId: string; readonly insightId: string }[],
  ): Promise<RankedInsight[]>;
}
