/** The access tokens of this deployment: its keys, its name and its clock, in one. */
import type { OpenSession } from "../../shared/contracts/account.ts";
import { type AccessTokenKey, type PublicJwk, publicJwks } from "../../shared/tokens/access-token-keys.ts";
import { type AccessClaims, signAccessToken, verifyAccessToken } from "../../shared/tokens/access-token.ts";

export type AccessTokens = {
  /** For a session that was just opened or refreshed. `expiresInSeconds` from now. */
  readonly issue: (
    session: Pick<OpenSession, "tenant" | "userId" | "sessionId" | "role" | "expiresAtMs">,
  ) => Promise<{ readonly accessToken: string; readonly expiresInSeconds: number }>;
  /** Null for everything that is no valid token of this deployment now. */
  readonly verify: (token: string) => Promise<AccessClaims | null>;
  /** What others verify the tokens with. */
  readonly jwks: { readonly keys: readonly PublicJwk[] };
};

/** `issuer` is the public origin; `now` is in milliseconds since 1970. */
export function createAccessTokens({
  keys,
  issuer,
  now,
}: {
  readonly keys: readonly AccessTokenKey[];
  readonly issuer: string;
  readonly now: () => number;
}): AccessTokens {
  return {
    issue: async ({ tenant, userId, sessionId, role, expiresAtMs: sessionEndsAtMs }) => {
      const issuedAtMs = now();
      const tokenId = crypto.randomUUID();
      const { token, expiresAtMs } = await signAccessToken(keys, {
        issuer,
        tenant,
        userId,
        sessionId,
        role,
        tokenId,
        issuedAtMs,
        sessionEndsAtMs,
      });
      return { accessToken: token, expiresInSeconds: Math.max(0, Math.floor((expiresAtMs - issuedAtMs) / 1_000)) };
    },
    verify: (token) => verifyAccessToken(keys, token, { issuer, nowMs: now() }),
    jwks: publicJwks(keys),
  };
}
