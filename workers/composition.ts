/** The one place where adapters are chosen. Made once per isolate and environment. */
import { auditLog, gpuJob, mediaAsset, rateLimiter, tenantObject, userAccount } from "../durable-objects/addresses.ts";
import { connect } from "../shared/adapters/postgres/connection.ts";
import { PostgresAssetIndex } from "../shared/adapters/postgres/asset-index.ts";
import { PostgresUserIndex } from "../shared/adapters/postgres/users.ts";
import { PostgresVectorLedger } from "../shared/adapters/postgres/vector-ledger.ts";
import { PgvectorIndex } from "../shared/adapters/pgvector/vector-index.ts";
import type { VectorizeBinding } from "../shared/adapters/vectorize/binding.ts";
import { VectorizeIndex } from "../shared/adapters/vectorize/vector-index.ts";
import { LEXICAL_SPACE } from "../shared/core/embedding/lexical-vector.ts";
import { VISUAL_SPACE } from "../shared/core/embedding/visual-space.ts";
import { newId } from "../shared/core/ids.ts";
import { newTenantId } from "../shared/core/residency.ts";
import type { AssetIndex } from "../shared/ports/asset-index.ts";
import type { UserIndex } from "../shared/ports/user-index.ts";
import type { VectorIndex } from "../shared/ports/vector-index.ts";
import { createSearch } from "../shared/search/search-assets.ts";
import { limitRules } from "../shared/core/rate-limit/default-rules.ts";
import { createAccessTokens } from "./access/access-tokens.ts";
import { createAuthenticate } from "./access/authenticate.ts";
import { createFailedAttempts, type FailedAttempts } from "./access/limits/failed-attempts.ts";
import { createLimits, type Limits } from "./access/limits/limits.ts";
import { createOidc } from "./access/oidc/oidc.ts";
import { createAssetQuotas } from "./access/quotas/asset-quotas.ts";
import { createApp } from "./api/app.ts";
import { settingsOf } from "./env.ts";

export type Composition = {
  readonly index: AssetIndex;
  readonly vectors: VectorIndex;
  readonly users: UserIndex;
  readonly app: ReturnType<typeof createApp>;
  readonly limits: Limits;
  /** Of the doors beside the API. */
  readonly failedAttempts: FailedAttempts;
};

/** One Vectorize index per space: what the agent's engines name theirs. */
const vectorizeSpaces = (env: Env): ReadonlyMap<string, VectorizeBinding> =>
  new Map([
    [LEXICAL_SPACE, env.VECTORS_TEXT],
    [VISUAL_SPACE, env.VECTORS_VISUAL],
  ]);

/** Longer than a limiter takes to wake, shorter than a client waits. */
const LIMITER_TIMEOUT_MS = 2_000;

let made: { readonly env: Env; readonly composition: Composition } | null = null;

export function composition(env: Env): Composition {
  if (made?.env === env) return made.composition;
  const settings = settingsOf(env);
  const sql = connect(settings.DATABASE_URL, settings.NEON_LOCAL === "" ? null : settings.NEON_LOCAL);
  const index = new PostgresAssetIndex(sql);
  const users = new PostgresUserIndex(sql);
  const vectors =
    settings.VECTOR_INDEX === "vectorize"
      ? new VectorizeIndex(vectorizeSpaces(env), new PostgresVectorLedger(sql))
      : new PgvectorIndex(sql);
  const now = (): number => Date.now();
  const tokens = createAccessTokens({ keys: settings.ACCESS_TOKEN_KEYS, issuer: settings.PUBLIC_ORIGIN, now });
  const limiting = {
    rules: limitRules(settings.RATE_LIMITS),
    limiter: (scope: string) => rateLimiter(env, scope),
    now,
    timeoutMs: LIMITER_TIMEOUT_MS,
  };
  const limits = createLimits({ ...limiting, edgeId: crypto.randomUUID() });
  const app = createApp({
    assets: (tenant, assetId) => mediaAsset(env, tenant, assetId),
    jobs: (tenant, jobId) => gpuJob(env, tenant, jobId),
    deadLetters: (tenant) => tenantObject(env, tenant),
    audit: (tenant) => auditLog(env, tenant),
    accounts: (tenant, userId) => userAccount(env, tenant, userId),
    members: (tenant) => tenantObject(env, tenant),
    issueAccessToken: (session) => tokens.issue(session),
    newUserId: () => newId("usr", Date.now(), crypto.getRandomValues(new Uint8Array(16))),
    decoyKey: settings.SIGNING_KEYS[0]?.secret ?? "",
    registration: settings.REGISTRATION,
    tenants: (tenant) => tenantObject(env, tenant),
    authenticate: createAuthenticate({
      tenant: (tenant) => tenantObject(env, tenant),
      account: (tenant, userId) => userAccount(env, tenant, userId),
      tokens,
      now,
    }),
    jwks: tokens.jwks,
    oidc: createOidc({
      providers: settings.OIDC_PROVIDERS,
      publicOrigin: settings.PUBLIC_ORIGIN,
      keys: settings.ENCRYPTION_KEYS,
      allowLoopback: settings.OIDC_LOOPBACK === "allow",
      now,
    }),
    limits,
    assetQuotas: createAssetQuotas({ tenant: (tenant) => tenantObject(env, tenant), now }),
    index,
    users,
    search: createSearch({ index, vectors }),
    bucket: env.MEDIA,
    newAssetId: () => newId("ast", Date.now(), crypto.getRandomValues(new Uint8Array(16))),
    newTenantId: (residency) => newTenantId(residency, Date.now(), crypto.getRandomValues(new Uint8Array(16))),
    now,
    cursorKey: settings.SIGNING_KEYS[0]?.secret ?? "",
    corsOrigins: settings.CORS_ORIGINS,
    version: env.CF_VERSION.id,
    environment: settings.ENVIRONMENT,
    docs: env.STATIC,
  });
  const composed = { index, vectors, users, app, limits, failedAttempts: createFailedAttempts(limiting) };
  made = { env, composition: composed };
  return composed;
}
