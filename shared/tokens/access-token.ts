/**
 * Access tokens: JWTs (RFC 9068) that say which session of which user calls. They are checked without any lookup; what the
 * session may do is asked of the user's account.
 *
 * A1 The key decides on the algorithm, never the token; a header has `alg`, `typ` and `kid`, and nothing else.
 * A2 A token has one spelling: base64url that decodes to the same bytes from another text is refused.
 * A3 A token ends after 30 minutes, and no later than its session. There is no tolerance for its end.
 */
import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { TenantId } from "../contracts/asset.ts";
import { SessionId, UserId } from "../contracts/user.ts";
import { type Role, ROLES } from "../core/access/permissions.ts";
import type { AccessTokenKey } from "./access-token-keys.ts";

const TYPE = "at+jwt";
const AUDIENCE = "aima";
export const ACCESS_TOKEN_LIFETIME_SECONDS = 1_800;
/** How far the clock of the edge that signed may be ahead of the one that reads. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Ours have fewer than 600 characters. */
const MAX_TOKEN_CHARS = 2_048;

const Header = z.strictObject({ alg: z.string(), typ: z.literal(TYPE), kid: z.string() });

const Claims = z.object({
  iss: z.string(),
  aud: z.literal(AUDIENCE),
  sub: UserId,
  sid: SessionId,
  tid: TenantId,
  role: z.enum(ROLES),
  jti: z.string().min(1).max(64),
  iat: z.int().min(0),
  exp: z.int().min(0),
});

export type AccessClaims = {
  readonly tenant: string;
  readonly userId: string;
  readonly sessionId: string;
  /** At the time of signing: for clients to show. */
  readonly role: Role;
  readonly tokenId: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
};

export type NewAccessToken = Omit<AccessClaims, "expiresAtMs"> & {
  /** The public origin of the deployment. */
  readonly issuer: string;
  readonly sessionEndsAtMs: number;
};

/** Signed by the first key. Ends are whole seconds since 1970, rounded down. */
export async function signAccessToken(
  keys: readonly AccessTokenKey[],
  claims: NewAccessToken,
): Promise<{ readonly token: string; readonly expiresAtMs: number }> {
  const key = keys[0];
  if (key === undefined || key.privateJwk === null) throw new Error("There is no key that signs access tokens");
  const iat = Math.floor(claims.issuedAtMs / 1_000);
  const exp = Math.min(iat + ACCESS_TOKEN_LIFETIME_SECONDS, Math.floor(claims.sessionEndsAtMs / 1_000));
  const token = await new SignJWT({ sid: claims.sessionId, tid: claims.tenant, role: claims.role })
    .setProtectedHeader({ alg: key.alg, typ: TYPE, kid: key.kid })
    .setIssuer(claims.issuer)
    .setAudience(AUDIENCE)
    .setSubject(claims.userId)
    .setJti(claims.tokenId)
    .setIssuedAt(iat)
    .setExpirationTime(exp)
    .sign(key.privateJwk);
  return { token, expiresAtMs: exp * 1_000 };
}

/** Null for everything that is no valid token of this deployment now. `issuer` is its public origin. */
export async function verifyAccessToken(
  keys: readonly AccessTokenKey[],
  token: string,
  { issuer, nowMs }: { readonly issuer: string; readonly nowMs: number },
): Promise<AccessClaims | null> {
  const key = keyOf(keys, token);
  if (key === null) return null;
  const payload = await payloadOf(token, key, issuer, nowMs);
  const claims = Claims.safeParse(payload);
  if (!claims.success || claims.data.exp * 1_000 <= nowMs) return null;
  const { tid, sub, sid, role, jti, iat, exp } = claims.data;
  return {
    tenant: tid,
    userId: sub,
    sessionId: sid,
    role,
    tokenId: jti,
    issuedAtMs: iat * 1_000,
    expiresAtMs: exp * 1_000,
  };
}

/** A1, A2. The key that the token has to be signed with. */
function keyOf(keys: readonly AccessTokenKey[], token: string): AccessTokenKey | null {
  if (token.length > MAX_TOKEN_CHARS || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return null;
  const parts = token.split(".").map((part) => ({ part, bytes: Buffer.from(part, "base64url") }));
  if (parts.some(({ part, bytes }) => bytes.toString("base64url") !== part)) return null;
  const header = Header.safeParse(jsonOf(parts[0]?.bytes.toString("utf8") ?? ""));
  if (!header.success) return null;
  return keys.find(({ kid, alg }) => kid === header.data.kid && alg === header.data.alg) ?? null;
}

async function payloadOf(token: string, key: AccessTokenKey, issuer: string, nowMs: number): Promise<unknown> {
  try {
    const verified = await jwtVerify(token, key.publicJwk, {
      algorithms: [key.alg],
      typ: TYPE,
      issuer,
      audience: AUDIENCE,
      requiredClaims: ["sub", "sid", "tid", "role", "jti", "iat", "exp"],
      maxTokenAge: ACCESS_TOKEN_LIFETIME_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(nowMs),
    });
    return verified.payload;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null; // What it refuses; faults of another kind are ours.
    throw error;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // No JSON: no token of ours.
  }
}
