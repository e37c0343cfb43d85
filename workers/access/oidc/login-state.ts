/**
 * What is remembered of a login between its start and the way back: in a cookie of the browser that began it, sealed, so
 * that nobody else can read, make or move it, and no storage is written for whoever never comes back.
 */
import { z } from "zod";
import { open, seal } from "../../../shared/identity/seal.ts";
import type { SigningKey } from "../../../shared/tokens/signed-token.ts";

/** How long somebody may take to sign in at the provider. */
export const LOGIN_SECONDS = 600;

const LoginState = z.strictObject({
  /** Comes back in the address: the way back belongs to this start. */
  state: z.string().min(1),
  /** Comes back in the id token: the token belongs to this start. */
  nonce: z.string().min(1),
  /** PKCE: whoever steals the code cannot redeem it. */
  codeVerifier: z.string().min(1),
  /** Asked for at the start, so that whoever sends the browser back cannot choose it. */
  remember: z.boolean(),
  /** Milliseconds since 1970. A browser that keeps the cookie longer gains nothing. */
  expiresAtMs: z.int(),
});

export type LoginState = z.output<typeof LoginState>;

const contextOf = (providerId: string): string => `oidc login\n${providerId}`;

export const sealState = (keys: readonly SigningKey[], providerId: string, state: LoginState): string =>
  seal(keys, JSON.stringify(state), contextOf(providerId));

/** Null for what was not sealed here, for another provider, by another release, or too long ago. */
export function openState(
  keys: readonly SigningKey[],
  providerId: string,
  sealed: string,
  nowMs: number,
): LoginState | null {
  const text = open(keys, sealed, contextOf(providerId));
  if (text === null) return null;
  const state = LoginState.safeParse(JSON.parse(text)).data ?? null;
  return state !== null && state.expiresAtMs > nowMs ? state : null;
}
