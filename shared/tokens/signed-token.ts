/**
 * Signed tokens: `<key id>.<payload>.<mac>`, payload and HMAC-SHA256 in base64url. They are checked without any
 * lookup. Keys rotate: the first of the list signs, all of them verify.
 */
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

const Expiry = z.looseObject({ exp: z.int() });

const encoder = new TextEncoder();
/** Named by what makes it: the platforms' types have no name for it in common. */
type MacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
const imported = new Map<string, Promise<MacKey>>();

function importKey(key: SigningKey): Promise<MacKey> {
  const cached = imported.get(key.secret);
  if (cached !== undefined) return cached;
  const made = crypto.subtle.importKey("raw", encoder.encode(key.secret), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
  imported.set(key.secret, made);
  return made;
}

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return null; // Not base64: not a token of ours.
  }
}

/** `payload.exp` is in seconds since 1970. */
export async function signToken(keys: readonly SigningKey[], payload: { readonly exp: number }): Promise<string> {
  const key = keys[0];
  if (key === undefined) throw new Error("There is no signing key");
  const body = `${key.id}.${toBase64Url(encoder.encode(JSON.stringify(payload)))}`;
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", await importKey(key), encoder.encode(body)));
  return `${body}.${toBase64Url(mac)}`;
}

/** The payload, or null when the token is malformed, not ours, or expired. */
export async function verifyToken<T>(
  keys: readonly SigningKey[],
  token: string,
  schema: z.ZodType<T>,
  nowMs: number,
): Promise<T | null> {
  const [id, payload, mac, ...rest] = token.split(".");
  if (id === undefined || payload === undefined || mac === undefined || rest.length > 0) return null;
  const key = keys.find((each) => each.id === id);
  const macBytes = fromBase64Url(mac);
  if (key === undefined || macBytes === null) return null;
  if (!(await crypto.subtle.verify("HMAC", await importKey(key), macBytes, encoder.encode(`${id}.${payload}`))))
    return null;
  const bytes = fromBase64Url(payload);
  if (bytes === null) return null;
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const expiry = Expiry.safeParse(json);
  if (!expiry.success || expiry.data.exp * 1000 <= nowMs) return null;
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : null;
}
