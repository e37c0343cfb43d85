/** Entity tags (RFC 9110, 8.8.3 and 13.1), and the conditions that mutable resources take. */
import type { Context } from "hono";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { ApiEnv } from "./deps.ts";
import { problem } from "./problem.ts";

const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");

/** Whether `If-None-Match` names the tag: weak comparison, `*` names every tag. */
export function namesTag(header: string | undefined, tag: string): boolean {
  return header !== undefined && header.split(",").some((one) => one.trim() === "*" || opaque(one) === opaque(tag));
}

/** Whether `If-Match` or `If-Range` holds for the tag: strong comparison, so a weak tag never does. */
export function holdsTag(header: string, tag: string): boolean {
  return header.split(",").some((one) => one.trim() === "*" || (one.trim() === tag && !tag.startsWith("W/")));
}

/** Header parameters and answers of a resource with a version, for the route's contract. */
export const IF_MATCH_HEADER = { "If-Match": "`ETag` of the version that the change is meant for" };
export const IF_NONE_MATCH_HEADER = { "If-None-Match": "`ETag` of an earlier answer" };
export const ETAG_HEADER = { ETag: "Names this version of the resource" };

/** The strong tag of a version, which counts from 1 and grows with each change. */
export const versionTag = (version: number): string => `"v${version}"`;

const VERSION_TAG = /^"v([1-9]\d{0,14})"$/;

/**
 * The version that `If-Match` asks for, which the object compares when it decides: null for no header or `*`. Several
 * tags, weak ones and those that were never issued match no version, so they are answered here with 412. With
 * `required`, a request without the header is answered with 428.
 */
export function readIfMatch(c: Context<ApiEnv>, required = false): Result<number | null, Response> {
  const header = c.req.header("if-match")?.trim();
  if (header === undefined && required) {
    return refuse(problem(c, "precondition_required", "Name in `If-Match` the version that the change is meant for."));
  }
  if (header === undefined || header === "*") return ok(null);
  const [, version] = VERSION_TAG.exec(header) ?? [];
  if (version !== undefined) return ok(Number(version));
  return refuse(problem(c, "precondition_failed", "`If-Match` names no version of this resource."));
}

/** The resource with its tag; or 304 when the caller has this version, and has only read. */
export function versioned(c: Context<ApiEnv>, version: number, body: object): Response {
  const headers = { etag: versionTag(version), "cache-control": "private, no-cache" };
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  if (isRead && namesTag(c.req.header("if-none-match"), headers.etag)) return c.body(null, 304, headers);
  return c.json(body, 200, headers);
}
