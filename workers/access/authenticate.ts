/**
 * From a credential to whom it stands for. An API key is known by its tenant's object, and the user behind it, where there is
 * one, by their account: it may no more than they may now. An access token proves which session calls; whether the session is open and what it may do is known by the user's account, and whether anybody of the tenant
 * gets in by the tenant's object. All of them answer with leases, so most requests ask nobody.
 *
 * T1 What is held is found by the whole credential, compared to its last character: two that begin alike share nothing. It
 *    stands in the memory of the isolate to which it was just shown, and nowhere else; it is dropped with the next question
 *    after its lease. A digest would not keep the credential out of that memory, where the request itself has it, and would
 *    cost more than all else of a request that a lease covers. Nor does looking it up tell the time of a comparison that
 *    stops at the first difference: two texts are compared only when their hashes are the same, which are made with a random
 *    seed that no caller knows.
 * T2 After a revocation was answered, no request gets in by what was revoked: every answer before it has run out.
 */
import type { AccountRpc } from "../../shared/contracts/account.ts";
import type { Principal } from "../../shared/contracts/principal.ts";
import type { TenantAccessRpc } from "../../shared/contracts/tenant.ts";
import { type ParsedApiKey, parseApiKey } from "../../shared/core/access/api-key.ts";
import { boundedBy } from "../../shared/core/access/bounded.ts";
import type { Permission } from "../../shared/core/access/permissions.ts";
import type { AccessClaims } from "../../shared/tokens/access-token.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { type Answer, isRefused, LeaseCache, type Refused } from "./lease-cache.ts";

/** Whatever else is shown is none of ours. Access tokens are longer than keys. */
const CREDENTIAL = /^[!-~]{1,2048}$/;

/** Null for a credential that opens nothing; `suspended` for a right one of a tenant that is not active. */
export type Authentication = Principal | Refused;

export type AuthenticateDeps = {
  readonly tenant: (tenant: string) => TenantAccessRpc;
  readonly account: (tenant: string, userId: string) => Pick<AccountRpc, "lease" | "rights">;
  readonly tokens: Pick<AccessTokens, "verify">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

/** Of what a lease covers the answer is there at once: a promise would cost every request a turn. */
export type Authenticate = (credential: string) => Authentication | Promise<Authentication>;

/** Throws when an object that has to be asked does. */
export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const principals = new LeaseCache<Principal>(deps.now);
  const standings = new LeaseCache<"active">(deps.now);
  const rights = new LeaseCache<readonly Permission[]>(deps.now);

  const standingOf = async (tenant: string): Promise<Answer<"active">> => {
    const standing = await deps.tenant(tenant).standing();
    if (standing === null) return null;
    return standing.value.active ? { value: "active", leaseMs: standing.leaseMs } : "suspended";
  };

  const bySession = async ({ tenant, userId, sessionId, expiresAtMs }: AccessClaims): Promise<Answer<Principal>> => {
    const [session, standing] = await Promise.all([
      deps.account(tenant, userId).lease(sessionId),
      standings.get(tenant, () => standingOf(tenant)),
    ]);
    if (session === null) return null;
    if (isRefused(standing)) return standing;
    return { ...session, endsAtMs: Math.min(expiresAtMs, standing.untilMs) };
  };

  const byKey = async ({ tenant, keyId, secret }: ParsedApiKey): Promise<Answer<Principal>> => {
    const key = await deps.tenant(tenant).authenticate(keyId, secret);
    if (isRefused(key)) return key;
    const { owner, ...principal } = key.value;
    if (owner === null) return { ...key, value: principal };
    const own = await rights.get(`${tenant}/${owner}`, () => deps.account(tenant, owner).rights());
    if (isRefused(own)) return own;
    const permissions = boundedBy(principal.permissions, own.value);
    return { ...key, value: { ...principal, permissions }, endsAtMs: own.untilMs };
  };

  const ask = async (credential: string): Promise<Answer<Principal>> => {
    const key = parseApiKey(credential);
    if (key !== null) return byKey(key);
    const claims = await deps.tokens.verify(credential);
    return claims === null ? null : bySession(claims);
  };

  const asked = async (credential: string): Promise<Authentication> => {
    const outcome = await principals.get(credential, () => ask(credential));
    return isRefused(outcome) ? outcome : outcome.value;
  };

  // Only what has been checked is held, so what is found needs no second look.
  return (credential) => principals.held(credential)?.value ?? (CREDENTIAL.test(credential) ? asked(credential) : null);
}
