/**
 * A bucket in memory that keeps R2's rules for multipart uploads (all parts but the last of one size, error 10048; at
 * least 5 MiB, error 10011) and counts the bytes that are in flight.
 */
import { createHash } from "node:crypto";

const SMALLEST_PART_BYTES = 5 * 1024 * 1024;

type Sent = { readonly sizeBytes: number; readonly bytes: Uint8Array | null };

export class FakeBucket {
  readonly objects = new Map<string, Uint8Array>();
  readonly aborted: string[] = [];
  /** Sizes of the objects made of parts; their bytes are kept only when `keepParts` is set. */
  readonly completed = new Map<string, number>();
  keepParts = true;
  failAtPart = 0;
  inFlightBytes = 0;
  mostInFlightBytes = 0;
  partsSent = 0;

  async put(key: string, bytes: Uint8Array, options: { sha256: string }): Promise<void> {
    const copy = bytes.slice();
    if (createHash("sha256").update(copy).digest("hex") !== options.sha256) throw new Error("put: checksum (10037)");
    this.objects.set(key, copy);
  }

  async get(
    key: string,
    options?: { range?: { offset: number; length: number } },
  ): Promise<{ body: ReadableStream } | null> {
    const bytes = this.objects.get(key);
    if (bytes === undefined) return null;
    const { offset, length } = options?.range ?? { offset: 0, length: bytes.length };
    const { body } = new Response(bytes.slice(offset, offset + length));
    return body === null ? null : { body };
  }

  async delete(key: string): Promise<void> {
    this.objects.delete(key);
  }

  async createMultipartUpload(key: string) {
    const parts = new Map<number, Sent>();
    return {
      key,
      uploadId: `multipart-of-${key}`,
      uploadPart: (partNumber: number, bytes: Uint8Array) => this.#send(parts, partNumber, bytes),
      abort: async () => {
        this.aborted.push(key);
      },
      complete: async (sent: readonly { partNumber: number }[]) => {
        const list = sent.map(({ partNumber }) => parts.get(partNumber) ?? { sizeBytes: -1, bytes: null });
        const first = list[0]?.sizeBytes ?? 0;
        const body = list.slice(0, -1);
        if (body.some(({ sizeBytes }) => sizeBytes < SMALLEST_PART_BYTES))
          throw new Error("complete: too small (10011)");
        const last = list.at(-1)?.sizeBytes ?? 0;
        if (body.some(({ sizeBytes }) => sizeBytes !== first) || last > first)
          throw new Error("complete: unequal (10048)");
        this.completed.set(
          key,
          list.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        );
        if (this.keepParts) this.objects.set(key, Buffer.concat(list.map(({ bytes }) => bytes ?? new Uint8Array())));
      },
    };
  }

  async #send(
    parts: Map<number, Sent>,
    partNumber: number,
    bytes: Uint8Array,
  ): Promise<{ partNumber: number; etag: string }> {
    this.partsSent += 1;
    this.inFlightBytes += bytes.length;
    this.mostInFlightBytes = Math.max(this.mostInFlightBytes, this.inFlightBytes);
    await new Promise((resolve) => setImmediate(resolve));
    this.inFlightBytes -= bytes.length;
    if (partNumber === this.failAtPart) throw new Error("uploadPart: internal error (10001)");
    parts.set(partNumber, { sizeBytes: bytes.length, bytes: this.keepParts ? bytes.slice() : null });
    return { partNumber, etag: `etag-${partNumber}` };
  }
}
