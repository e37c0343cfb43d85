/**
 * Signed routes to the bucket, the same locally and in production: `GET /blobs/{token}` reads the object that the
 * token names (one range allowed), `PUT /blobs/{token}/{name}` writes an object under the token's prefix: invisible until
 * a report names it with size and SHA-256, so that a repeated or torn write harms nothing.
 */
import { createHash } from "node:crypto";
import type { BlobRef } from "../../shared/contracts/agent.ts";
import { ReadToken, WriteToken } from "../../shared/tokens/payloads.ts";
import { verifyToken } from "../../shared/tokens/signed-token.ts";
import { settingsOf } from "../env.ts";
import { problemResponse } from "../problem.ts";
import { parseRange } from "../byte-range.ts";

export async function handleBlobs(request: Request, env: Env, path: string, requestId: string): Promise<Response> {
  const [, , token = "", name, ...rest] = path.split("/");
  if (rest.length > 0) return problemResponse("not_found", { detail: "There is nothing here.", requestId });
  if (name === undefined && request.method === "GET") return readBlob(request, env, token, requestId);
  if (name !== undefined && request.method === "PUT") return writeBlob(request, env, token, name, requestId);
  return problemResponse("method_not_allowed", {
    detail: "Blobs are read by GET and written by PUT.",
    requestId,
    headers: { allow: name === undefined ? "GET" : "PUT" },
  });
}

const invalid = (requestId: string): Response =>
  problemResponse("invalid_token", { detail: "The URL is not valid, or has expired.", requestId });

async function readBlob(request: Request, env: Env, token: string, requestId: string): Promise<Response> {
  const claims = await verifyToken(settingsOf(env).SIGNING_KEYS, token, ReadToken, Date.now());
  if (claims === null) return invalid(requestId);
  const head = await env.MEDIA.head(claims.key);
  if (head === null) return problemResponse("not_found", { detail: "The object is gone.", requestId });
  const headers = {
    "accept-ranges": "bytes",
    "cache-control": "no-store",
    etag: head.httpEtag,
    "content-type": "application/octet-stream",
  };
  const range = parseRange(request.headers.get("range"), head.size);
  if (range.kind === "unsatisfiable") {
    return problemResponse("range_not_satisfiable", {
      detail: `The object has ${head.size} bytes.`,
      requestId,
      headers: { "content-range": `bytes */${head.size}` },
    });
  }
  const object = await env.MEDIA.get(claims.key, range.kind === "whole" ? {} : { range });
  if (object === null) return problemResponse("not_found", { detail: "The object is gone.", requestId });
  if (range.kind === "whole") {
    return new Response(object.body, { headers: { ...headers, "content-length": String(head.size) } });
  }
  const { offset, length } = range;
  return new Response(object.body, {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(length),
      "content-range": `bytes ${offset}-${offset + length - 1}/${head.size}`,
    },
  });
}

async function writeBlob(
  request: Request,
  env: Env,
  token: string,
  name: string,
  requestId: string,
): Promise<Response> {
  const claims = await verifyToken(settingsOf(env).SIGNING_KEYS, token, WriteToken, Date.now());
  if (claims === null) return invalid(requestId);
  if (!/^[a-z0-9][a-z0-9._-]{0,79}$/.test(name)) {
    return problemResponse("invalid_request", {
      detail: "A blob's name has small letters, digits, dots and dashes.",
      requestId,
    });
  }
  const sizeBytes = Number(request.headers.get("content-length") ?? Number.NaN);
  if (!Number.isInteger(sizeBytes) || sizeBytes > claims.maxBytes || request.body === null) {
    return problemResponse("payload_too_large", {
      detail: `A blob has a content-length of at most ${claims.maxBytes} bytes.`,
      requestId,
    });
  }
  const key = claims.prefix + name;
  const sha256 = await store(env.MEDIA, key, request.body, sizeBytes);
  if (sha256 === null) {
    return problemResponse("size_mismatch", {
      detail: "The body has another length than its content-length.",
      requestId,
    });
  }
  return Response.json({ key, sizeBytes, sha256 } satisfies BlobRef, { status: 201 });
}

/** Streams the body into the bucket, hashed on the way; null when its length is not the announced one. */
async function store(
  bucket: R2Bucket,
  key: string,
  body: ReadableStream<Uint8Array>,
  sizeBytes: number,
): Promise<string | null> {
  const hash = createHash("sha256");
  const { readable, writable } = new FixedLengthStream(sizeBytes);
  const stored = bucket.put(key, readable).catch(() => null);
  const writer = writable.getWriter();
  writer.closed.catch(() => undefined); // Told by the write or the close that fails.
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      await writer.write(chunk);
    }
    await writer.close();
  } catch {
    await writer.abort().catch(() => undefined); // Nothing is stored: the bucket wants all or nothing.
    return null;
  }
  return (await stored) === null ? null : hash.digest("hex");
}
