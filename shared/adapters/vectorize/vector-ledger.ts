/** One vector that an external index holds, or may hold. */
export type LedgerEntry = {
  readonly vectorId: string;
  readonly space: string;
  readonly assetId: string;
  readonly insightId: string;
};

/**
 * What an external vector index holds. Vectorize cannot list the vectors of an asset, and a query finds at most 100 of
 * them and not the latest ones; so the ids are written down before the vectors, and nothing is ever out of reach.
 */
export interface VectorLedger {
  /** Writes entries down; repeating it changes nothing. */
  remember(tenant: string, entries: readonly LedgerEntry[]): Promise<void>;
  /** Every entry of an asset. */
  ofAsset(tenant: string, assetId: string): Promise<LedgerEntry[]>;
  /** The entries with these ids; ids that are not known are left out. */
  resolve(tenant: string, vectorIds: readonly string[]): Promise<LedgerEntry[]>;
  /** Forgets entries whose vectors are gone. */
  forget(tenant: string, vectorIds: readonly string[]): Promise<void>;
}
