import type { TenantVectors } from "../../ports/tenant-rows.ts";
import { MAX_DELETE_IDS, type VectorizeBinding } from "./binding.ts";
import type { LedgerEntry, VectorLedger } from "./vector-ledger.ts";

/**
 * The vectors of a tenant in Vectorize, found by the ledger: it has the id of every vector there can be. An id is
 * forgotten when its vector is gone, so that an end in between only repeats.
 */
export class VectorizeTenantVectors implements TenantVectors {
  readonly #indexes: ReadonlyMap<string, VectorizeBinding>;
  readonly #ledger: Pick<VectorLedger, "forget"> & {
    ofTenant(tenant: string, limit: number): Promise<LedgerEntry[]>;
  };

  /** `indexes` by the name of their space. */
  constructor(
    indexes: ReadonlyMap<string, VectorizeBinding>,
    ledger: Pick<VectorLedger, "forget"> & { ofTenant(tenant: string, limit: number): Promise<LedgerEntry[]> },
  ) {
    this.#indexes = indexes;
    this.#ledger = ledger;
  }

  async erase(tenant: string, limit: number): Promise<number> {
    const known = await this.#ledger.ofTenant(tenant, Math.min(limit, MAX_DELETE_IDS));
    for (const space of new Set(known.map((entry) => entry.space))) {
      const index = this.#indexes.get(space);
      if (index === undefined) throw new Error(`No vector index is configured for the space ${space}`);
      const ids = known.filter((entry) => entry.space === space).map(({ vectorId }) => vectorId);
      await index.deleteByIds(ids);
      await this.#ledger.forget(tenant, ids);
    }
    return known.length;
  }
}
