/** The bucket: whole objects by key, away now and then. */
import { createHash } from "node:crypto";
import { SimulatedFault } from "../faults.ts";
import type { Surrounding } from "./surrounding.ts";

type Stored = { readonly bytes: Uint8Array<ArrayBuffer>; readonly sha256: string };

type ListOptions = { readonly prefix?: string; readonly limit?: number; readonly cursor?: string };

export class Bucket {
  readonly objects = new Map<string, Stored>();
  readonly #around: Surrounding;

  constructor(around: Surrounding) {
    this.#around = around;
  }

  put(key: string, value: string | Uint8Array | ArrayBuffer): Promise<object> {
    const bytes = new Uint8Array(typeof value === "string" ? new TextEncoder().encode(value) : value);
    return this.#ask(`put ${key}`, () => {
      this.objects.set(key, { bytes, sha256: createHash("sha256").update(bytes).digest("hex") });
      return head(key, bytes);
    });
  }

  head(key: string): Promise<object | null> {
    return this.#ask(`head ${key}`, () => {
      const stored = this.objects.get(key);
      return stored === undefined ? null : head(key, stored.bytes);
    });
  }

  get(key: string): Promise<object | null> {
    return this.#ask(`get ${key}`, () => {
      const stored = this.objects.get(key);
      if (stored === undefined) return null;
      const { bytes } = stored;
      return {
        ...head(key, bytes),
        body: bytes.slice(),
        arrayBuffer: async () => bytes.slice().buffer,
        text: async () => new TextDecoder().decode(bytes),
        json: async () => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
      };
    });
  }

  /** The bytes of an object; null when there is none. */
  read(key: string): Promise<ArrayBuffer | null> {
    return this.#ask(`read ${key}`, () => this.objects.get(key)?.bytes.slice().buffer ?? null);
  }

  /** Other bytes stand under the key. */
  replace(key: string, text: string): void {
    const bytes = new Uint8Array(new TextEncoder().encode(text));
    this.objects.set(key, { bytes, sha256: createHash("sha256").update(bytes).digest("hex") });
  }

  /** Half of the object is gone, under the same key. */
  tear(key: string): void {
    const stored = this.objects.get(key);
    if (stored === undefined) return;
    const bytes = new Uint8Array(stored.bytes.subarray(0, Math.floor(stored.bytes.length / 2)));
    this.objects.set(key, { bytes, sha256: createHash("sha256").update(bytes).digest("hex") });
  }

  list({ prefix = "", limit = 1000, cursor = "" }: ListOptions = {}): Promise<object> {
    return this.#ask(`list ${prefix}`, () => {
      const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > cursor).toSorted();
      const page = keys.slice(0, limit);
      return { objects: page.map((key) => ({ key })), truncated: keys.length > limit, cursor: page.at(-1) };
    });
  }

  delete(keys: string | readonly string[]): Promise<void> {
    return this.#ask(`delete ${String(keys)}`, () => {
      for (const key of typeof keys === "string" ? [keys] : keys) this.objects.delete(key);
    });
  }

  resumeMultipartUpload(key: string): { abort(): Promise<void> } {
    return { abort: () => this.#ask(`abort ${key}`, () => undefined) };
  }

  #ask<T>(what: string, effect: () => T): Promise<T> {
    return this.#around.network.call(`bucket ${what}`, async () => {
      if (this.#around.faults.strikes("bucket-outage", what)) throw new SimulatedFault("the bucket is away");
      return effect();
    });
  }
}

const head = (key: string, bytes: Uint8Array): { key: string; size: number } => ({ key, size: bytes.length });
