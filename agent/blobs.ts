/** Files by signed URL: whole and unchanged, or not at all. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { BlobRef } from "../shared/contracts/agent.ts";
import { describeError } from "./log.ts";
import { exchange, waitBefore } from "./wire-request.ts";

/** A file could not be fetched or stored. `code` is stable; the message names no URL. */
export class BlobFault extends Error {
  override readonly name = "BlobFault";
  readonly code: "unreachable" | "gone" | "damaged" | "refused";

  constructor(code: BlobFault["code"], detail: string) {
    super(detail);
    this.code = code;
  }
}

/** Tries in a row that bring nothing before a transfer is given up: about two minutes of waiting. */
const MAX_IDLE_TRIES = 12;
/** A connection that brings no byte for so long is broken. */
const STALL_MS = 30_000;
const UPLOAD_TIMEOUT_MS = 120_000;

export type Download = {
  readonly url: string;
  readonly path: string;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly signal: AbortSignal;
};

/**
 * Brings a file to `path`, going on by Range where a connection broke, and checks its length and SHA-256. Throws
 * `BlobFault`, or the reason of `signal`.
 */
export async function downloadBlob(download: Download): Promise<void> {
  const { path, sizeBytes, sha256, signal } = download;
  let received = 0;
  for (let idleTries = 0; received < sizeBytes || idleTries === 0;) {
    const before = received;
    try {
      received = await fetchFrom(download, received);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BlobFault) throw error;
      received = await sizeOf(path);
      idleTries = received > before ? 1 : idleTries + 1;
      if (idleTries > MAX_IDLE_TRIES)
        throw new BlobFault("unreachable", `The file cannot be fetched: ${describeError(error)}`);
      await waitBefore(idleTries, signal);
      continue;
    }
    if (received >= sizeBytes) break;
    idleTries = received > before ? 1 : idleTries + 1;
    if (idleTries > MAX_IDLE_TRIES)
      throw new BlobFault("damaged", `The file ends after ${received} of ${sizeBytes} bytes`);
  }
  if ((await sha256Of(path)) !== sha256)
    throw new BlobFault("damaged", "The file is not the one that was promised (SHA-256)");
}

/** Appends to the file from byte `offset`; answers the bytes it holds then. */
async function fetchFrom({ url, path, sizeBytes, signal }: Download, offset: number): Promise<number> {
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), STALL_MS);
  try {
    const response = await fetch(url, {
      headers: offset > 0 ? { range: `bytes=${offset}-` } : {},
      signal: AbortSignal.any([signal, stalled.signal]),
    });
    if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`);
    if (!response.ok) throw new BlobFault("gone", `The file cannot be read: status ${response.status}`);
    // A server that ignores the range begins anew, and so does the file.
    const from = response.status === 206 ? offset : 0;
    const file = await open(path, from === 0 ? "w" : "r+");
    let at = from;
    try {
      for await (const chunk of response.body ?? []) {
        clearTimeout(timer);
        timer = setTimeout(() => stalled.abort(), STALL_MS);
        if (at + chunk.length > sizeBytes) throw new BlobFault("damaged", `The file is longer than ${sizeBytes} bytes`);
        await file.write(chunk, 0, chunk.length, at);
        at += chunk.length;
      }
    } finally {
      await file.close();
    }
    return at;
  } finally {
    clearTimeout(timer);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0; // Nothing has arrived yet.
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}

export type Upload = {
  /** Base of the attempt's own prefix. */
  readonly blobsUrl: string;
  /** Small letters, digits, dots and dashes; unique within the attempt. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly signal: AbortSignal;
};

/**
 * Stores a blob under the attempt's prefix; a report then commits it. Repeating it under the same name is harmless.
 * Throws `BlobFault`, or the reason of `signal`.
 */
export async function uploadBlob({ blobsUrl, name, bytes, contentType, signal }: Upload): Promise<BlobRef> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  for (let attempt = 1; ; attempt += 1) {
    const reply = await exchange({
      method: "PUT",
      url: `${blobsUrl}/${name}`,
      headers: { "content-type": contentType, "content-length": String(bytes.length) },
      body: bytes,
      timeoutMs: UPLOAD_TIMEOUT_MS,
      signal,
    });
    if (reply.kind === "refused")
      throw new BlobFault("refused", `The upload of ${name} was refused: status ${reply.status}`);
    const blob = reply.kind === "ok" ? BlobRef.safeParse(reply.body) : null;
    if (blob?.success === true && blob.data.sha256 === sha256 && blob.data.sizeBytes === bytes.length) return blob.data;
    if (attempt >= MAX_IDLE_TRIES) {
      throw new BlobFault(
        "unreachable",
        `The upload of ${name} failed: ${reply.kind === "unavailable" ? reply.detail : "another checksum came back"}`,
      );
    }
    await waitBefore(attempt, signal);
  }
}
