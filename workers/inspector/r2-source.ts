import { type RangeSource, RangeSourceError } from "../../shared/inspection/range-source.ts";

/** What is used of an R2 bucket. */
export type RangeBucket = {
  get(
    key: string,
    options: { range: { offset: number; length: number } },
  ): Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>;
};

/** Ranges of a stored object, which has to be there. */
export function r2Source(bucket: RangeBucket, key: string, sizeBytes: number): RangeSource {
  return {
    sizeBytes,
    read: async (offset, length) => {
      const object = await bucket.get(key, { range: { offset, length } });
      if (object === null) throw new RangeSourceError("the object is not in the bucket");
      return new Uint8Array(await object.arrayBuffer());
    },
  };
}
