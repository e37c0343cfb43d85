/**
 * What is kept of a password: `scrypt$<N>$<r>$<p>$<salt>$<key>`, salt and key in base64url. The parameters stand in the
 * string, so that a login can tell an outdated one and replace it.
 */
import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

type Cost = { readonly n: number; readonly r: number; readonly p: number };

/** About 100 ms of a core and 32 MiB: OWASP's recommendation for scrypt within what an isolate of 128 MB can give. */
const COST: Cost = { n: 32_768, r: 8, p: 1 };
/** The Workers runtime refuses more than this as N·r·p, wherever it runs. */
const COST_LIMIT = 1_048_576;
/** The default of 32 MiB is a little too small for `COST`. */
const MEMORY_LIMIT_BYTES = 64 * 1024 * 1024;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

const STORED = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** The same characters typed on another system give the same bytes. */
function derive(password: string, salt: Uint8Array, { n, r, p }: Cost): Buffer {
  if (n * r * p > COST_LIMIT) throw new Error("A password hash asks for more work than the platform allows");
  return scryptSync(password.normalize("NFKC"), salt, KEY_BYTES, { N: n, r, p, maxmem: MEMORY_LIMIT_BYTES });
}

const format = ({ n, r, p }: Cost, salt: Uint8Array, key: Uint8Array): string =>
  `scrypt$${n}$${r}$${p}$${Buffer.from(salt).toString("base64url")}$${Buffer.from(key).toString("base64url")}`;

/** Blocks the isolate for about 100 ms. */
export function hashPassword(password: string): string {
  const salt = randomBytes(SALT_BYTES);
  return format(COST, salt, derive(password, salt, COST));
}

/** `outdated` asks for a new hash, which a right password allows to make. Throws when `hash` is none of ours. */
export function verifyPassword(password: string, hash: string): { readonly ok: boolean; readonly outdated: boolean } {
  const [, n = "", r = "", p = "", salt = "", key = ""] = STORED.exec(hash) ?? [];
  if (key === "") throw new Error("A stored password hash is malformed");
  const cost: Cost = { n: Number(n), r: Number(r), p: Number(p) };
  const ok = timingSafeEqual(derive(password, Buffer.from(salt, "base64url"), cost), Buffer.from(key, "base64url"));
  return { ok, outdated: cost.n !== COST.n || cost.r !== COST.r || cost.p !== COST.p };
}

/** What an unknown account's password is compared with: takes as long as any, and no password is known to fit. */
export const DUMMY_HASH: string = format(
  COST,
  Buffer.from("c5b1f8e0d2a94763b0f5a1de47c90b62", "hex"),
  Buffer.from("3ef09d1c7755a8e24b6fd0919c3ab8e7f2416d5809bc7ea3154fd28806e1b79a", "hex"),
);
