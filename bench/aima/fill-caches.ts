/**
 * Fills what the gateway holds in an isolate, each cache to its bound, by the code that a request runs. Stand-ins answer in
 * the place of the objects, whose memory is not what is asked here: with leases of an hour, so that nothing is dropped.
 */
import { formatApiKey } from "../../shared/core/access/api-key.ts";
import { ROLES } from "../../shared/core/access/permissions.ts";
import { limitRules } from "../../shared/core/rate-limit/default-rules.ts";
import type { KeyPrincipal } from "../../shared/contracts/tenant.ts";
import type { Principal } from "../../shared/contracts/principal.ts";
import type { LimitAsk, RateLimiterRpc } from "../../shared/contracts/rate-limit.ts";
import { type AccessTokens, createAccessTokens } from "../../workers/access/access-tokens.ts";
import { createAuthenticate } from "../../workers/access/authenticate.ts";
import { createLimits } from "../../workers/access/limits/limits.ts";
import { settingsOf } from "../../workers/env.ts";
import type { Cache } from "../gateway/paths.ts";

const HOUR_MS = 3_600_000;
const ROUTE = { method: "GET", route: "/v1/assets" };

/** As long as the real ones, and like each other up to the end. */
const idOf = (prefix: string, n: number): string => `${prefix}_${String(n).padStart(26, "0")}`;
const tenantOf = (n: number): string => `ten_${String(n).padStart(10, "0")}`;
const keyOf = (n: number): string => formatApiKey(tenantOf(n), idOf("key", n), String(n).padStart(32, "0"));

/** As a request shows it: a part of its header. */
const shown = (credential: string): string => `Bearer ${credential}`.slice("Bearer ".length);

export type Fill = (cache: Cache, entries: number) => Promise<void>;

export function createFill(env: Env): Fill {
  const settings = settingsOf(env);
  const now = (): number => Date.now();
  const tokens = createAccessTokens({ keys: settings.ACCESS_TOKEN_KEYS, issuer: settings.PUBLIC_ORIGIN, now });
  const [byKey, byToken] = [authenticator(tokens), authenticator(tokens)];
  const rules = limitRules(settings.RATE_LIMITS);
  const limits = () => createLimits({ rules, limiter: () => leasing, edgeId: "bench", now, timeoutMs: 2_000 });
  const [ofCallers, ofAddresses] = [limits(), limits()];
  const fillOne: Readonly<Record<Cache, (n: number) => Promise<unknown>>> = {
    "API keys": async (n) => known(await byKey(shown(keyOf(n)))),
    "access tokens": async (n) => {
      const session = { tenant: tenantOf(n), userId: idOf("usr", n), sessionId: idOf("ses", n) };
      const issued = await tokens.issue({ ...session, role: "user", expiresAtMs: now() + HOUR_MS });
      return known(await byToken(shown(issued.accessToken)));
    },
    "limits of callers": async (n) => ofCallers.principal(known(await byKey(shown(keyOf(n)))), ROUTE),
    "limits of addresses": async (n) => ofAddresses.address(`2001:db8:0:${n.toString(16)}::/64`, ROUTE),
  };
  return async (cache, entries) => {
    for (let n = 0; n < entries; n += 1) await fillOne[cache](n);
  };
}

function known(principal: Principal | string | null): Principal {
  if (principal === null || typeof principal === "string") throw new Error(`Not let in: ${principal}`);
  return principal;
}

/** What comes from another isolate shares nothing with what is here. */
const leased = <T>(value: T): { value: T; leaseMs: number } => ({ value: structuredClone(value), leaseMs: HOUR_MS });

const authenticator = (tokens: AccessTokens) =>
  createAuthenticate({
    tenant: (tenant) => ({
      authenticate: async (id) =>
        leased<KeyPrincipal>({
          tenant,
          actor: { kind: "api-key", id },
          permissions: ["*"],
          keyLimit: null,
          owner: null,
        }),
      standing: async () => leased({ active: true }),
    }),
    account: (tenant, id) => ({
      lease: async (sessionId) =>
        leased<Principal>({
          tenant,
          actor: { kind: "user", id, sessionId, role: ROLES[0] },
          permissions: ["assets:read", "assets:write"],
        }),
      rights: async () => null,
    }),
    tokens,
    now: () => Date.now(),
  });

const unused = (): never => {
  throw new Error("A request asks for nothing else");
};

const leasing: RateLimiterRpc = {
  take: async (asks: readonly LimitAsk[]) =>
    structuredClone({
      allowed: true,
      atMs: Date.now(),
      reports: asks.map(({ policy: { name, limit, windowMs }, subject }) => ({
        rule: name,
        subject,
        limit,
        windowMs,
        remaining: limit - 1,
        resetMs: windowMs,
        retryAfterMs: 0,
        penalised: false,
      })),
      mostRestrictive: 0,
      lease: { units: 100, leaseMs: HOUR_MS, grantedAtMs: Date.now() },
      refuseForMs: 0,
    }),
  peek: unused,
  refund: unused,
  reset: unused,
  overrides: unused,
  putOverride: unused,
  deleteOverride: unused,
};
