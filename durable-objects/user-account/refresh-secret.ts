/**
 * The secret of a refresh token: 8 hex digits of its generation and 56 of an HMAC over session, salt and generation. It
 * is derived, not stored, so the same successor can be given again; without the key, which is no part of the database, nobody
 * makes one. Keys rotate: the first makes, all of them recognise.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { SigningKey } from "../../shared/tokens/signed-token.ts";

const MAC_DIGITS = 56;

type SecretOf = {
  readonly sessionId: string;
  /** 16 random bytes in base 16, of this session alone. */
  readonly salt: string;
  readonly generation: number;
};

function macOf(key: SigningKey, { sessionId, salt, generation }: SecretOf): Buffer {
  const derived = Buffer.from(hkdfSync("sha256", key.secret, new Uint8Array(0), "aima refresh v1", 32));
  const text = `${sessionId}\n${salt}\n${generation}`;
  return createHmac("sha256", derived)
    .update(text)
    .digest()
    .subarray(0, MAC_DIGITS / 2);
}

export function refreshSecret(keys: readonly SigningKey[], of: SecretOf): string {
  const key = keys[0];
  if (key === undefined) throw new Error("There is no encryption key");
  return of.generation.toString(16).padStart(8, "0") + macOf(key, of).toString("hex");
}

/** The generation of a genuine secret of this session; null for any other. */
export function generationOf(
  keys: readonly SigningKey[],
  session: { readonly sessionId: string; readonly salt: string },
  secret: string,
): number | null {
  if (!/^[0-9a-f]{64}$/.test(secret)) return null;
  const generation = Number.parseInt(secret.slice(0, 8), 16);
  const given = Buffer.from(secret.slice(8), "hex");
  const genuine = keys.filter((key) => timingSafeEqual(macOf(key, { ...session, generation }), given));
  return genuine.length > 0 ? generation : null;
}
