/** What the database knows of one tenant as a whole: for its deletion. Faults are thrown as `IndexUnavailable`. */
export interface TenantRows {
  /** Ids of all assets that the index has heard of, deleted ones included, in order; `after` is the last of the page before. */
  assetIds(tenant: string, after: string | null, limit: number): Promise<string[]>;
  /**
   * Removes rows of the tenant from every table that has any, at most `limit` of each; how many. 0 says that none is
   * left.
   */
  erase(tenant: string, limit: number): Promise<number>;
}

/** The same of an external vector index, whose vectors lie outside the database. */
export interface TenantVectors {
  /** Removes at most `limit` vectors of the tenant; how many. 0 says that none is left. */
  erase(tenant: string, limit: number): Promise<number>;
}
