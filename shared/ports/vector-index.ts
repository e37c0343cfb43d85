/** Nearest neighbours by cosine similarity, one space at a time, one tenant at a time. */
export type VectorEntry = {
  readonly assetId: string;
  readonly insightId: string;
  readonly space: string;
  readonly vector: readonly number[];
};

export type VectorMatch = { readonly assetId: string; readonly insightId: string; readonly similarity: number };

export interface VectorIndex {
  /** Inserts or replaces; repeating it changes nothing. Visible at once or soon after, as the store has it. */
  upsert(tenant: string, entries: readonly VectorEntry[]): Promise<void>;
  /** Removes every vector of the asset. */
  deleteAsset(tenant: string, assetId: string): Promise<void>;
  /** Best first, at most `limit` (100 at the most). */
  nearest(tenant: string, space: string, vector: readonly number[], limit: number): Promise<VectorMatch[]>;
}
