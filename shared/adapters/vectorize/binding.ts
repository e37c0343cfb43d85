/**
 * The part of a Cloudflare Vectorize binding that AIMA uses, as a structure: any object of this shape will do.
 *
 * Limits, from the product's documentation: ids and namespaces 64 bytes, 1,536 dimensions, 1,000 vectors per upsert,
 * 100 matches without values and metadata. Writes are asynchronous: visible after seconds to minutes.
 */
export type VectorizeBinding = {
  upsert(
    vectors: {
      id: string;
      values: number[];
      namespace: string;
      metadata: Record<string, string>;
    }[],
  ): Promise<unknown>;
  query(
    vector: number[],
    options: { topK: number; namespace: string; returnValues: false; returnMetadata: "none" },
  ): Promise<{ matches: readonly { id: string; score: number }[] }>;
  deleteByIds(ids: string[]): Promise<unknown>;
};

export const MAX_UPSERT_VECTORS = 1000;
export const MAX_DELETE_IDS = 1000;
export const MAX_TOP_K = 100;
