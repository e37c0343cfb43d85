/** Moves the bytes of a request into the bucket, hashed and measured on the way. */
import { createHash } from "node:crypto";
import type { UploadGrant } from "../../../../../shared/contracts/objects.ts";
import { ok, refuse, type Result } from "../../../../../shared/core/result.ts";
import type { Refusal } from "../../../../../shared/errors/refusal.ts";
import { cutIntoParts, partBytesFor } from "./parts.ts";

export type Received = { readonly sizeBytes: number; readonly sha256: string };

/** Ends the reading; carries the refusal to the end of this file and no further. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/**
 * Stores the stream under the grant's key: in one piece when it fits into a part, else as a multipart upload with one
 * part on its way while the next one fills, so that at most two parts are in memory.
 *
 * `onMultipart` records the upload's id before any part is sent. Content that is too large or other than announced is
 * refused and leaves nothing in the bucket; faults of the stream or the bucket leave nothing either and are thrown.
 */
export async function receive(
  bucket: R2Bucket,
  grant: UploadGrant,
  stream: ReadableStream<Uint8Array>,
  onMultipart: (multipartId: string) => Promise<Result<unknown, Refusal>>,
): Promise<Result<Received, Refusal>> {
  try {
    return ok(await store(bucket, grant, stream, onMultipart));
  } catch (error) {
    if (error instanceof Refused) return refuse(error.refusal);
    throw error;
  }
}

async function store(
  bucket: R2Bucket,
  grant: UploadGrant,
  stream: ReadableStream<Uint8Array>,
  onMultipart: (multipartId: string) => Promise<Result<unknown, Refusal>>,
): Promise<Received> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const parts = cutIntoParts(stream, partBytesFor(grant.maxBytes), (chunk) => {
    sizeBytes += chunk.length;
    assertSize(sizeBytes, grant);
    hash.update(chunk);
  });
  const received = (): Received => {
    const sha256 = hash.digest("hex");
    assertAnnounced({ sizeBytes, sha256 }, grant);
    return { sizeBytes, sha256 };
  };
  const first = await parts.next();
  if (first.done === true || first.value.last) {
    const content = received();
    await bucket.put(grant.key, first.value?.bytes ?? new Uint8Array(), { sha256: content.sha256 });
    return content;
  }
  const upload = await bucket.createMultipartUpload(grant.key);
  let sending: Promise<R2UploadedPart> | null = null;
  const send = (partNumber: number, bytes: Uint8Array): Promise<R2UploadedPart> => {
    const part = upload.uploadPart(partNumber, bytes);
    part.catch(() => undefined); // It may fail while the next part is being read; whoever awaits it hears of it.
    return part;
  };
  try {
    const noted = await onMultipart(upload.uploadId);
    if (!noted.ok) throw new Refused(noted.error);
    const sent: R2UploadedPart[] = [];
    sending = send(1, first.value.bytes);
    for await (const { bytes } of parts) {
      sent.push(await sending);
      sending = send(sent.length + 1, bytes);
    }
    sent.push(await sending);
    const content = received();
    await upload.complete(sent);
    return content;
  } catch (error) {
    await sending?.catch(() => undefined); // The first fault is the one to tell.
    await upload.abort().catch(() => undefined); // The asset aborts what it has noted when it gives up.
    throw error;
  }
}

function assertSize(sizeBytes: number, { maxBytes, expectedSizeBytes }: UploadGrant): void {
  if (sizeBytes > maxBytes) {
    throw new Refused({ code: "payload_too_large", detail: `The content may have at most ${maxBytes} bytes.` });
  }
  if (expectedSizeBytes !== null && sizeBytes > expectedSizeBytes) {
    const detail = `More than the announced ${expectedSizeBytes} bytes arrived.`;
    throw new Refused({ code: "size_mismatch", detail, pointer: "/sizeBytes" });
  }
}

function assertAnnounced({ sizeBytes, sha256 }: Received, { expectedSizeBytes, expectedSha256 }: UploadGrant): void {
  if (expectedSizeBytes !== null && sizeBytes !== expectedSizeBytes) {
    const detail = `${sizeBytes} bytes arrived, ${expectedSizeBytes} were announced.`;
    throw new Refused({ code: "size_mismatch", detail, pointer: "/sizeBytes" });
  }
  if (expectedSha256 !== null && sha256 !== expectedSha256) {
    throw new Refused({ code: "checksum_mismatch", detail: `The content's SHA-256 is ${sha256}.`, pointer: "/sha256" });
  }
}
