/**
 * API keys: `aima_<tenant>_<key id>_<secret>_<checksum>`. The prefix lets secret scanners find a leaked key, the
 * checksum lets them (and us) drop a mistyped one without a lookup, the tenant says which object knows it. Pure.
 */
import { crc32 } from "../crc32.ts";

export type ParsedApiKey = { readonly tenant: string; readonly keyId: string; readonly secret: string };

const PATTERN = /^aima_([0-9A-Za-z]{4,32})_([0-9A-Z]{26})_([0-9A-Z]{32})_([0-9a-f]{8})$/;

const checksum = (body: string): string => crc32(body).toString(16).padStart(8, "0");

/** `tenant` is `ten_…`, `keyId` is `key_…`, `secret` 32 characters of base 32 (160 random bits). */
export function formatApiKey(tenant: string, keyId: string, secret: string): string {
  const body = `aima_${tenant.slice(4)}_${keyId.slice(4)}_${secret}`;
  return `${body}_${checksum(body)}`;
}

/** Null for anything that cannot be a key of ours. */
export function parseApiKey(text: string): ParsedApiKey | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, tenant = "", keyId = "", secret = "", sum = ""] = match;
  if (checksum(text.slice(0, -9)) !== sum) return null;
  return { tenant: `ten_${tenant}`, keyId: `key_${keyId}`, secret };
}
