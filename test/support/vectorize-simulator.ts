/**
 * A Vectorize index in memory that keeps the documented limits: it refuses what the product refuses, its writes show
 * only after `settle`, ids are unique in the whole index, and deletion of unknown ids is no error.
 */
import type { VectorizeBinding } from "../../shared/adapters/vectorize/binding.ts";

type Stored = Parameters<VectorizeBinding["upsert"]>[0][number];

const MAX_ID_BYTES = 64;
const MAX_METADATA_BYTES = 10_240;

export class VectorizeSimulator implements VectorizeBinding {
  readonly #dimensions: number;
  readonly #visible = new Map<string, Stored>();
  #pending: (() => void)[] = [];

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
  }

  /** Vectors that queries can see. */
  get size(): number {
    return this.#visible.size;
  }

  /** Makes every accepted mutation visible. */
  settle(): void {
    for (const mutate of this.#pending.splice(0)) mutate();
  }

  async upsert(vectors: Stored[]): Promise<{ mutationId: string }> {
    if (vectors.length > 1000) throw new Error("VECTOR_UPSERT_ERROR: too many vectors");
    for (const vector of vectors) this.#check(vector);
    this.#pending.push(() => {
      for (const vector of vectors) this.#visible.set(vector.id, structuredClone(vector));
    });
    return { mutationId: crypto.randomUUID() };
  }

  async deleteByIds(ids: string[]): Promise<{ mutationId: string }> {
    if (ids.length === 0 || ids.length > 1000) throw new Error("VECTOR_DELETE_ERROR: wrong number of ids");
    this.#pending.push(() => {
      for (const id of ids) this.#visible.delete(id);
    });
    return { mutationId: crypto.randomUUID() };
  }

  async query(
    vector: number[],
    options: Parameters<VectorizeBinding["query"]>[1],
  ): Promise<{ matches: { id: string; score: number }[] }> {
    if (vector.length !== this.#dimensions) throw new Error("VECTOR_QUERY_ERROR: wrong dimensions");
    if (options.topK < 1 || options.topK > 100) throw new Error("VECTOR_QUERY_ERROR: topK out of range");
    const matches = [...this.#visible.values()]
      .filter(({ namespace }) => namespace === options.namespace)
      .map(({ id, values }) => ({ id, score: cosine(values, vector) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, options.topK);
    return { matches };
  }

  #check({ id, values, namespace, metadata }: Stored): void {
    if (Buffer.byteLength(id) > MAX_ID_BYTES) throw new Error("VECTOR_UPSERT_ERROR: id too long");
    if (Buffer.byteLength(namespace) > MAX_ID_BYTES) throw new Error("VECTOR_UPSERT_ERROR: namespace too long");
    if (values.length !== this.#dimensions) throw new Error("VECTOR_UPSERT_ERROR: wrong dimensions");
    if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) {
      throw new Error("VECTOR_UPSERT_ERROR: metadata too large");
    }
  }
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
