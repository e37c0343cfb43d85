/**
 * Signed tokens: `<key id>.<payload>.<mac>`, payload and HMAC-SHA256 in base64url. They are checked without any
 * lookup. Keys rotate: the first of the list signs, all of them verify.
 */
import { timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** `SIGNING_KEYS`: `id:secret` pairs separated by commas; a secret has at least 32 characters. */
export function parseSigningKeys(text: string): SigningKey[] {
  return text.split(",").map((pair) => {
    const [id = "", secret = ""] = pair.trim().split(":");
    if (!/^[a-z0-9]{1,16}$/.test(id) || secret.length < 32) throw new Error("SIGNING_KEYS has a malformed key");
    return { id, secret };
  });
}

export type SigningKey = { readonly id: string; readonly secret: string };

const TOKEN = /^([a-z0-9]{1,16})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/;
const Expiry = z.looseObject({ exp: z.int() });

/** Browsers, Workers and Node name the type in different places. */
type ImportedKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
/** Keys and no promises: what one request waits for must not hang on another. */
const imported = new WeakMap<SigningKey, ImportedKey>();

/** The platform's own HMAC: a lease signs three tokens, and the one of `node:crypto` makes a stream for each. */
async function macOf(key: SigningKey, body: string): Promise<Buffer> {
  let usable = imported.get(key);
  if (usable === undefined) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    usable = await crypto.subtle.importKey("raw", Buffer.from(key.secret), algorithm, false, ["sign"]);
    imported.set(key, usable);
  }
  return Buffer.from(await crypto.subtle.sign("HMAC", usable, Buffer.from(body)));
}

/** `payload.exp` is in seconds since 1970. */
export async function signToken(keys: readonly SigningKey[], payload: { readonly exp: number }): Promise<string> {
  const key = keys[0];
  if (key === undefined) throw new Error("There is no signing key");
  const body = `${key.id}.${Buffer.from(JSON.stringify(payload)).toString("base64url")}`;
  return `${body}.${(await macOf(key, body)).toString("base64url")}`;
}

type Verified = {
  readonly keys: readonly SigningKey[];
  readonly schema: z.ZodType;
  readonly payload: unknown;
  readonly expMs: number;
};

/** An attempt shows its token with every report. Tokens are kept whole, so that none is taken for another. */
const verified = new Map<string, Verified>();
const VERIFIED_MAX = 5_000;

/** The payload, or null when the token is malformed, not ours, or expired. */
export async function verifyToken<T>(
  keys: readonly SigningKey[],
  token: string,
  schema: z.ZodType<T>,
  nowMs: number,
): Promise<T | null> {
  const known = verified.get(token);
  if (known?.keys === keys && known.schema === schema) {
    // SAFETY: parsed by this schema.
    return known.expMs > nowMs ? (known.payload as T) : null;
  }
  const read = await readToken(keys, token);
  const expiry = Expiry.safeParse(read);
  if (!expiry.success || expiry.data.exp * 1000 <= nowMs) return null;
  const parsed = schema.safeParse(read);
  if (!parsed.success) return null;
  const [oldest] = verified.size >= VERIFIED_MAX ? verified.keys() : [];
  if (oldest !== undefined) verified.delete(oldest);
  verified.set(token, { keys, schema, payload: parsed.data, expMs: expiry.data.exp * 1000 });
  return parsed.data;
}

/** What the token says when one of the keys has signed it; undefined otherwise. */
async function readToken(keys: readonly SigningKey[], token: string): Promise<unknown> {
  const [, id = "", payload = "", mac = ""] = TOKEN.exec(token) ?? [];
  const key = keys.find((each) => each.id === id);
  if (key === undefined) return undefined;
  const given = Buffer.from(mac, "base64url");
  const wanted = await macOf(key, `${id}.${payload}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  return JSON.parse(Buffer.from(payload, "base64url").toString()) as unknown;
}
