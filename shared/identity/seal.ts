/**
 * Encrypts what has to be read again (TOTP secrets, the state of a login under way): AES-256-GCM, as
 * `v1.<key id>.<nonce, ciphertext and tag in base64url>`. The context says what a text is for and whose it is; it is
 * authenticated, so a sealed text moved to another place does not open. Keys rotate: the first seals, all of them open.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { SigningKey } from "../tokens/signed-token.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const keyOf = (key: SigningKey): Buffer =>
  Buffer.from(hkdfSync("sha256", key.secret, new Uint8Array(0), "aima seal v1", 32));

/** `keys` is the parsed `ENCRYPTION_KEYS`. */
export function seal(keys: readonly SigningKey[], text: string, context: string): string {
  const key = keys[0];
  if (key === undefined) throw new Error("There is no encryption key");
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(key), nonce);
  cipher.setAAD(Buffer.from(`${key.id}\n${context}`));
  const body = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `v1.${key.id}.${body.toString("base64url")}`;
}

/** Null when the text was not sealed by one of the keys, for this context, or was changed. */
export function open(keys: readonly SigningKey[], sealed: string, context: string): string | null {
  const [, id = "", encoded = ""] = /^v1\.([a-z0-9]{1,16})\.([A-Za-z0-9_-]+)$/.exec(sealed) ?? [];
  const key = keys.find((each) => each.id === id);
  const body = Buffer.from(encoded, "base64url");
  if (key === undefined || body.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv("aes-256-gcm", keyOf(key), body.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(`${id}\n${context}`));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch {
    return null; // The tag does not fit: another key, another context, or changed bytes.
  }
}
