/**
 * A bucket in memory with what AIMA uses of one, every operation counted by the class that R2 bills it in: writing and
 * listing are class A, reading is class B, deleting is free.
 */
import { counts } from "./counts.ts";

type Body = Uint8Array | ArrayBuffer | string | ReadableStream | null;

export function memoryBucket(): R2Bucket {
  const objects = new Map<string, Uint8Array>();
  const bucket = {
    put: async (key: string, body: Body): Promise<object> => {
      counts.bucketWrites += 1;
      objects.set(key, new Uint8Array(await new Response(body).arrayBuffer()));
      return { key };
    },
    list: async ({ prefix = "" }: { prefix?: string }): Promise<object> => {
      counts.bucketWrites += 1;
      const found = [...objects].filter(([key]) => key.startsWith(prefix));
      return { objects: found.map(([key, { length }]) => ({ key, size: length })), truncated: false };
    },
    get: async (key: string, options?: { range?: { offset: number; length: number } }): Promise<object | null> => {
      counts.bucketReads += 1;
      const bytes = objects.get(key);
      if (bytes === undefined) return null;
      const { offset, length } = options?.range ?? { offset: 0, length: bytes.length };
      return Object.assign(new Response(bytes.slice(offset, offset + length)), { key, size: bytes.length });
    },
    head: async (key: string): Promise<object | null> => {
      counts.bucketReads += 1;
      const bytes = objects.get(key);
      return bytes === undefined ? null : { key, size: bytes.length };
    },
    delete: async (keys: string | readonly string[]): Promise<void> => {
      for (const key of typeof keys === "string" ? [keys] : keys) objects.delete(key);
    },
  };
  // SAFETY: a method that is missing fails the bench loudly.
  return bucket as unknown as R2Bucket;
}
