import type { VectorEntry, VectorIndex, VectorMatch } from "../../ports/vector-index.ts";
import type { VectorizeBinding } from "./binding.ts";
import { MAX_DELETE_IDS, MAX_TOP_K, MAX_UPSERT_VECTORS } from "./binding.ts";
import type { VectorLedger } from "./vector-ledger.ts";

/** The operator has not configured an index for the space. */
export class UnknownSpace extends Error {
  override readonly name = "UnknownSpace";
}

/**
 * The vector index on Cloudflare Vectorize: one index per space, one namespace per tenant.
 *
 * V1 An id is written to the ledger before its vector is sent, so deletion reaches every vector there can be.
 * V2 A match that the ledger does not know is left out: deletion shows at once, although the store is slower.
 * V3 Faults of the binding are thrown as they come; the caller answers without vectors.
 */
export class VectorizeIndex implements VectorIndex {
  readonly #indexes: ReadonlyMap<string, VectorizeBinding>;
  readonly #ledger: VectorLedger;

  /** `indexes` by the name of their space. */
  constructor(indexes: ReadonlyMap<string, VectorizeBinding>, ledger: VectorLedger) {
    this.#indexes = indexes;
    this.#ledger = ledger;
  }

  /** Throws `UnknownSpace` before anything is written. */
  async upsert(tenant: string, entries: readonly VectorEntry[]): Promise<void> {
    const usable = entries.filter(({ vector }) => vector.some((value) => value !== 0));
    for (const space of new Set(usable.map((entry) => entry.space))) this.#indexOf(space);
    const ids = await Promise.all(usable.map((entry) => vectorIdOf(tenant, entry)));
    const bySpace = new Map<string, Map<string, VectorEntry>>();
    for (const [i, entry] of usable.entries()) {
      const vectors = bySpace.get(entry.space) ?? new Map<string, VectorEntry>();
      // Of several with one identity the last counts; the order of vectors within one call is not promised.
      vectors.set(ids[i] ?? "", entry);
      bySpace.set(entry.space, vectors);
    }
    for (const [space, vectors] of bySpace) {
      for (const part of parts([...vectors], MAX_UPSERT_VECTORS)) await this.#write(tenant, space, part);
    }
  }

  async deleteAsset(tenant: string, assetId: string): Promise<void> {
    const known = await this.#ledger.ofAsset(tenant, assetId);
    for (const [space, index] of this.#indexes) {
      const ids = known.filter((entry) => entry.space === space).map(({ vectorId }) => vectorId);
      for (const part of parts(ids, MAX_DELETE_IDS)) {
        await index.deleteByIds(part);
        await this.#ledger.forget(tenant, part);
      }
    }
  }

  async nearest(tenant: string, space: string, vector: readonly number[], limit: number): Promise<VectorMatch[]> {
    const index = this.#indexOf(space);
    if (!vector.some((value) => value !== 0)) return [];
    const { matches } = await index.query([...vector], {
      topK: Math.min(limit, MAX_TOP_K),
      namespace: tenant,
      returnValues: false,
      returnMetadata: "none",
    });
    const known = await this.#ledger.resolve(
      tenant,
      matches.map(({ id }) => id),
    );
    const byId = new Map(known.map((entry) => [entry.vectorId, entry]));
    return matches.flatMap(({ id, score }) => {
      const entry = byId.get(id);
      return entry === undefined ? [] : [{ assetId: entry.assetId, insightId: entry.insightId, similarity: score }];
    });
  }

  async #write(tenant: string, space: string, part: readonly (readonly [string, VectorEntry])[]): Promise<void> {
    await this.#ledger.remember(
      tenant,
      part.map(([vectorId, { assetId, insightId }]) => ({ vectorId, space, assetId, insightId })),
    );
    await this.#indexOf(space).upsert(
      part.map(([id, { assetId, insightId, vector }]) => ({
        id,
        values: [...vector],
        namespace: tenant,
        metadata: { assetId, insightId },
      })),
    );
  }

  #indexOf(space: string): VectorizeBinding {
    const index = this.#indexes.get(space);
    if (index === undefined) throw new UnknownSpace(`no vector index is configured for the space ${space}`);
    return index;
  }
}

/**
 * 64 hexadecimal digits, the longest id that Vectorize takes: the SHA-256 of everything that identifies a vector. The
 * tenant is part of it, because ids are unique in the whole index and not in a namespace.
 */
async function vectorIdOf(tenant: string, entry: VectorEntry): Promise<string> {
  const identity = JSON.stringify([tenant, entry.space, entry.assetId, entry.insightId]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(identity));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parts<T>(items: readonly T[], size: number): T[][] {
  const result = [];
  for (let i = 0; i < items.length; i += size) result.push(items.slice(i, i + size));
  return result;
}
