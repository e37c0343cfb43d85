import type { Context } from "hono";
import { parseRange } from "../../../byte-range.ts";
import type { ApiEnv } from "../../deps.ts";
import { holdsTag, namesTag } from "../../entity-tag.ts";
import { problem } from "../../problem.ts";

/** Bytes in the bucket and how to present them. */
export type Served = {
  readonly key: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly disposition: string;
};

/** Answers a GET or HEAD with stored bytes: conditions, one range, and headers that keep a browser from running them. */
export async function serveBytes(c: Context<ApiEnv>, bucket: R2Bucket, served: Served): Promise<Response> {
  const { key, contentType, sizeBytes, sha256, disposition } = served;
  const etag = `"${sha256}"`;
  const validators = { etag, "cache-control": "private, no-cache" };
  const unmet = conditionOf(c, validators);
  if (unmet !== null) return unmet;
  const ifRange = c.req.header("if-range");
  const ranged = ifRange === undefined || holdsTag(ifRange, etag);
  const range = parseRange(ranged ? (c.req.header("range") ?? null) : null, sizeBytes);
  if (range.kind === "unsatisfiable") {
    const headers = { "content-range": `bytes */${sizeBytes}` };
    return problem(c, "range_not_satisfiable", `The content has ${sizeBytes} bytes.`, { headers });
  }
  const part = range.kind === "part" ? { offset: range.offset, length: range.length } : null;
  const headers = {
    ...validators,
    "accept-ranges": "bytes",
    "content-type": contentType,
    "content-disposition": disposition,
    "content-length": String(part?.length ?? sizeBytes),
    ...(part === null ? {} : { "content-range": `bytes ${part.offset}-${part.offset + part.length - 1}/${sizeBytes}` }),
  };
  const status = part === null ? 200 : 206;
  if (c.req.method === "HEAD") return c.body(null, status, headers);
  const object = await bucket.get(key, part === null ? {} : { range: part });
  if (object === null) return problem(c, "not_found", "The bytes are no longer stored.");
  return c.body(object.body, status, headers);
}

/** The answer to a condition that does not hold; null when the bytes are to be sent. */
function conditionOf(
  c: Context<ApiEnv>,
  validators: { readonly etag: string; readonly "cache-control": string },
): Response | null {
  const ifMatch = c.req.header("if-match");
  if (ifMatch !== undefined && !holdsTag(ifMatch, validators.etag)) {
    return problem(c, "precondition_failed", "The content is not the one named in `If-Match`.");
  }
  return namesTag(c.req.header("if-none-match"), validators.etag) ? c.body(null, 304, validators) : null;
}
