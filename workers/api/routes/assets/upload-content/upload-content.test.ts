import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { makeWorld } from "../../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const MIB = 1024 * 1024;

function generated(sizeBytes: number, chunkBytes = 100_003, breakAt = Infinity): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent >= breakAt) {
        controller.error(new Error("connection reset"));
        return;
      }
      const chunk = new Uint8Array(Math.min(chunkBytes, sizeBytes - sent)).fill(sent % 251);
      sent += chunk.length;
      if (chunk.length > 0) controller.enqueue(chunk);
      if (sent === sizeBytes) controller.close();
    },
  });
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  return Buffer.from(await new Response(stream).arrayBuffer());
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const outcome = async (response: Response): Promise<unknown[]> => [
  response.status,
  ((await response.json()) as { code?: unknown }).code,
];

describe("uploading", () => {
  it("stores a small file in one piece, unchanged", async () => {
    const { call, create, bucket } = makeWorld();
    const id = await create();
    const response = await call(`/v1/assets/${id}/content`, { method: "PUT", body: "hello" });
    expect(await response.json()).toMatchObject({
      status: "uploading",
      sizeBytes: 5,
      sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    });
    expect([...bucket.objects.keys()]).toEqual([`ten_one1/assets/${id}/uploads/1`]);
    expect(bucket.partsSent).toBe(0);
  });

  it("completes in the same request when asked to", async () => {
    const { call, create } = makeWorld();
    const response = await call(`/v1/assets/${await create()}/content?complete=true`, { method: "PUT", body: "hello" });
    expect(await response.json()).toMatchObject({ status: "inspecting" });
  });

  it.each([0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 20 * MIB + 7])(
    "stores %i bytes unchanged",
    async (size) => {
      const { call, create, bucket } = makeWorld();
      const id = await create();
      const wanted = size === 0 ? Buffer.alloc(0) : await bytesOf(generated(size));
      const body = size === 0 ? null : generated(size);
      const response = await call(`/v1/assets/${id}/content`, { method: "PUT", body });
      expect(await response.json()).toMatchObject({ sizeBytes: size, sha256: sha256(wanted) });
      expect(Buffer.compare(Buffer.from(bucket.objects.get(`ten_one1/assets/${id}/uploads/1`) ?? [1]), wanted)).toBe(0);
      expect(bucket.partsSent).toBe(size > 8 * MIB ? Math.ceil(size / (8 * MIB)) : 0);
    },
  );

  it("holds no more than 32 MiB of a file of 100 MiB", async () => {
    const { call, create, bucket } = makeWorld();
    bucket.keepParts = false;
    let ahead = 0;
    let mostAhead = 0;
    let pulled = 0;
    const body = generated(100 * MIB, MIB).pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          pulled += chunk.length;
          ahead = pulled - (bucket.partsSent * 8 * MIB - bucket.inFlightBytes);
          mostAhead = Math.max(mostAhead, ahead);
          controller.enqueue(chunk);
        },
      }),
    );
    const response = await call(`/v1/assets/${await create()}/content`, { method: "PUT", body });
    expect(response.status).toBe(200);
    expect([...bucket.completed.values()]).toEqual([100 * MIB]);
    expect(bucket.partsSent).toBe(13);
    expect(bucket.mostInFlightBytes).toBe(8 * MIB);
    expect(mostAhead).toBeLessThanOrEqual(32 * MIB);
  });

  it("ends an upload that grows too large, and leaves nothing", async () => {
    const { call, create, bucket } = makeWorld({ maxBytes: 10 * MIB });
    const response = await call(`/v1/assets/${await create()}/content`, { method: "PUT", body: generated(30 * MIB) });
    expect(await outcome(response)).toEqual([413, "payload_too_large"]);
    expect([bucket.aborted.length, bucket.objects.size, bucket.partsSent]).toEqual([1, 0, 1]);
  });

  it.each<[{ sizeBytes?: number; sha256?: string }, string]>([
    [{ sizeBytes: 4 }, "size_mismatch"],
    [{ sizeBytes: 6 }, "size_mismatch"],
    [{ sha256: "0".repeat(64) }, "checksum_mismatch"],
  ])("refuses content that is not what %o announced, and takes the right one afterwards", async (announced, code) => {
    const { call, create, bucket } = makeWorld();
    const path = `/v1/assets/${await create({ name: "a", ...announced })}/content`;
    expect(await outcome(await call(path, { method: "PUT", body: "hello" }))).toEqual([422, code]);
    expect(bucket.objects.size).toBe(0);
    if (announced.sizeBytes === undefined) return;
    expect((await call(path, { method: "PUT", body: "x".repeat(announced.sizeBytes) })).status).toBe(200);
  });

  it.each([5 * MIB, 12 * MIB])("gives up when the body breaks off after %i bytes", async (breakAt) => {
    const { call, create, bucket, at } = makeWorld();
    const id = await create();
    const body = generated(40 * MIB, MIB, breakAt);
    expect(await outcome(await call(`/v1/assets/${id}/content`, { method: "PUT", body }))).toEqual([
      409,
      "upload_incomplete",
    ]);
    expect(bucket.objects.size).toBe(0);
    expect(bucket.aborted).toHaveLength(breakAt > 8 * MIB ? 1 : 0);
    expect(at("ten_one1", id).journal.at(-1)?.type).toBe("UploadFailed");
  });

  it("aborts and answers 500 when the bucket fails, and the next upload succeeds", async () => {
    const { call, create, bucket } = makeWorld();
    const path = `/v1/assets/${await create()}/content`;
    bucket.failAtPart = 2;
    expect((await call(path, { method: "PUT", body: generated(30 * MIB) })).status).toBe(500);
    expect(bucket.aborted).toHaveLength(1);
    bucket.failAtPart = 0;
    expect((await call(path, { method: "PUT", body: generated(30 * MIB) })).status).toBe(200);
  });

  it("refuses an upload that a later one took over, and keeps the later one's bytes", async () => {
    const { call, create, bucket } = makeWorld();
    const id = await create();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        await held;
        controller.enqueue(new TextEncoder().encode("early"));
        controller.close();
      },
    });
    const early = call(`/v1/assets/${id}/content`, { method: "PUT", body: slow });
    await vi.waitFor(async () => expect((await call(`/v1/assets/${id}`)).headers.get("etag")).toBe('W/"2"'));
    expect((await call(`/v1/assets/${id}/content`, { method: "PUT", body: "later" })).status).toBe(200);
    release();
    expect(await outcome(await early)).toEqual([409, "upload_superseded"]);
    expect([...bucket.objects.keys()]).toEqual([`ten_one1/assets/${id}/uploads/2`]);
  });
});

describe("downloading", () => {
  async function stored() {
    const world = makeWorld();
    const id = await world.create({ name: 'a "b"\r\nx: 1/naïve 猫.txt' });
    await world.call(`/v1/assets/${id}/content`, { method: "PUT", body: "0123456789" });
    return { ...world, path: `/v1/assets/${id}/content` };
  }
  const ETAG = '"84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"';

  it("answers all bytes with their tag and a name that no header can break", async () => {
    const { call, path } = await stored();
    const response = await call(path);
    expect(await response.text()).toBe("0123456789");
    expect(response.headers.get("etag")).toBe(ETAG);
    expect(response.headers.get("content-disposition")).toBe(
      `attachment; filename="na_ve _.txt"; filename*=UTF-8''na%C3%AFve%20%E7%8C%AB.txt`,
    );
  });

  it("answers one range, or says how long the content is", async () => {
    const { call, path } = await stored();
    const part = await call(path, { headers: { range: "bytes=2-4" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);
    const beyond = await call(path, { headers: { range: "bytes=10-" } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */10"]);
    expect((await call(path, { headers: { range: "bytes=0-1,4-5" } })).status).toBe(200);
  });

  it("keeps to conditions", async () => {
    const { call, path } = await stored();
    expect((await call(path, { headers: { "if-none-match": ETAG } })).status).toBe(304);
    expect((await call(path, { headers: { "if-match": '"other"' } })).status).toBe(412);
    expect((await call(path, { headers: { range: "bytes=2-4", "if-range": ETAG } })).status).toBe(206);
    expect((await call(path, { headers: { range: "bytes=2-4", "if-range": '"other"' } })).status).toBe(200);
  });

  it("answers HEAD with the headers alone", async () => {
    const { call, path } = await stored();
    const response = await call(path, { method: "HEAD" });
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "10", ""]);
  });

  it("says that there is no content yet", async () => {
    const { call, create } = makeWorld();
    expect(await outcome(await call(`/v1/assets/${await create()}/content`))).toEqual([409, "content_unavailable"]);
  });
});
