/**
 * Cursors of lists: a position, bound to one list with one set of filters and one tenant, and signed, so that nobody
 * builds or carries over one.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { z } from "zod";
import { canonicalJson } from "../../shared/core/canonical-json.ts";

const MAC_BYTES = 16;

/** Names the list that a cursor belongs to. */
export type CursorScope = { readonly list: string; readonly tenant: string; readonly filters: unknown };

function mac(key: string, scope: CursorScope, position: string): Buffer {
  return createHmac("sha256", key)
    .update(`${canonicalJson(scope)}\n${position}`)
    .digest()
    .subarray(0, MAC_BYTES);
}

export function writeCursor(key: string, scope: CursorScope, position: unknown): string {
  const text = Buffer.from(canonicalJson(position)).toString("base64url");
  return `${text}.${mac(key, scope, text).toString("base64url")}`;
}

/** The position, or null for a cursor of another list, filter or tenant, or one that was never issued. */
export function readCursor<T>(key: string, scope: CursorScope, cursor: string, schema: z.ZodType<T>): T | null {
  const [text = "", sum = "", ...rest] = cursor.split(".");
  const given = Buffer.from(sum, "base64url");
  if (rest.length > 0 || given.length !== MAC_BYTES || !timingSafeEqual(given, mac(key, scope, text))) return null;
  const parsed = schema.safeParse(JSON.parse(Buffer.from(text, "base64url").toString()));
  return parsed.success ? parsed.data : null;
}
