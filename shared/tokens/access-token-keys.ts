/**
 * The keys of access tokens: `ACCESS_TOKEN_KEYS`, a JWK set (RFC 7517). The first key signs, all of them verify. So a key
 * is replaced without refusing anybody: add the new one behind the first, make it the first when all who read the public
 * set have it, and drop the old one when its last token has ended.
 */
import { z } from "zod";

const KeyId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
/** 32 bytes in base64url. */
const Bytes32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const use = z.literal("sig").default("sig");

/** `d` is the private part; a key that only verifies does not need it. */
const Ed25519 = z.strictObject({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  kid: KeyId,
  alg: z.literal("EdDSA").default("EdDSA"),
  use,
  x: Bytes32,
  d: Bytes32.optional(),
});
const P256 = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  kid: KeyId,
  alg: z.literal("ES256").default("ES256"),
  use,
  x: Bytes32,
  y: Bytes32,
  d: Bytes32.optional(),
});
const KeySet = z.strictObject({ keys: z.array(z.discriminatedUnion("kty", [Ed25519, P256])).min(1) });

export const PublicJwk = z.discriminatedUnion("kty", [Ed25519.omit({ d: true }), P256.omit({ d: true })]);
export type PublicJwk = z.infer<typeof PublicJwk>;

export type AccessTokenKey = {
  readonly kid: string;
  /** The one algorithm that the key is used with, whatever a token says. */
  readonly alg: "EdDSA" | "ES256";
  readonly publicJwk: PublicJwk;
  /** Null for a key that only verifies. */
  readonly privateJwk: (PublicJwk & { readonly d: string }) | null;
};

/** Throws, without the text, when it is no such set, when two keys share an id, or when the first cannot sign. */
export function parseAccessTokenKeys(text: string): AccessTokenKey[] {
  const parsed = KeySet.safeParse(jsonOf(text));
  if (!parsed.success) throw new Error("ACCESS_TOKEN_KEYS is no JWK set of Ed25519 or P-256 keys with a `kid`");
  const keys = parsed.data.keys.map(({ d, ...publicJwk }): AccessTokenKey => ({
    kid: publicJwk.kid,
    alg: publicJwk.alg,
    publicJwk,
    privateJwk: d === undefined ? null : { ...publicJwk, d },
  }));
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new Error("ACCESS_TOKEN_KEYS has a `kid` twice");
  if (keys[0]?.privateJwk === null) throw new Error("The first of ACCESS_TOKEN_KEYS has no private part");
  return keys;
}

/** What may be published: the keys that verify, without their private parts. */
export const publicJwks = (keys: readonly AccessTokenKey[]): { readonly keys: readonly PublicJwk[] } => ({
  keys: keys.map(({ publicJwk }) => publicJwk),
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // The parser's message would quote the keys.
  }
}
