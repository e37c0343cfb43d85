/** What the API needs from the world; the composition root wires real objects, tests pass fakes. */
import type { AccountRpc, OpenSession } from "../../shared/contracts/account.ts";
import type { AuditLogRpc } from "../../shared/contracts/audit.ts";
import type { DeadLettersRpc } from "../../shared/contracts/dead-letters.ts";
import type { JobRpc, MediaAssetRpc } from "../../shared/contracts/objects.ts";
import type { Principal } from "../../shared/contracts/principal.ts";
import type { SearchHit, SearchQuery } from "../../shared/contracts/search.ts";
import type { Residency, TenantRpc } from "../../shared/contracts/tenant.ts";
import type { UsageRpc } from "../../shared/contracts/usage.ts";
import type { TenantAccessRpc, TenantMembersRpc } from "../../shared/contracts/tenant.ts";
import type { TraceContext } from "../../shared/core/trace-context.ts";
import type { PublicJwk } from "../../shared/tokens/access-token-keys.ts";
import type { Authenticate } from "../access/authenticate.ts";
import type { Oidc } from "../access/oidc/oidc.ts";
import type { Limits } from "../access/limits/limits.ts";
import type { AssetQuotas } from "../access/quotas/asset-quotas.ts";
import type { AuditNote } from "./middleware/audit-entry.ts";
import type { AssetIndex } from "../../shared/ports/asset-index.ts";
import type { UserIndex } from "../../shared/ports/user-index.ts";

export type ApiDeps = {
  readonly assets: (tenant: string, assetId: string) => MediaAssetRpc;
  readonly jobs: (tenant: string, jobId: string) => JobRpc;
  readonly deadLetters: (tenant: string) => DeadLettersRpc;
  readonly audit: (tenant: string) => AuditLogRpc;
  readonly tenants: (tenant: string) => TenantRpc & UsageRpc;
  readonly accounts: (tenant: string, userId: string) => AccountRpc;
  readonly members: (tenant: string) => TenantMembersRpc & Pick<TenantAccessRpc, "standing">;
  /** Signs the proof of a session. */
  readonly issueAccessToken: (session: OpenSession) => Promise<{ accessToken: string; expiresInSeconds: number }>;
  readonly newUserId: () => string;
  /** Makes the ids of the accounts that answer for logins nobody has. */
  readonly decoyKey: string;
  readonly registration: "closed" | "open";
  /** Null for a credential that is unknown, expired, revoked or mistyped. */
  readonly authenticate: Authenticate;
  /** Logging in through identity providers. */
  readonly oidc: Oidc;
  /** What others verify access tokens with. */
  readonly jwks: { readonly keys: readonly PublicJwk[] };
  /** How often an address and a principal may ask. */
  readonly limits: Limits;
  /** What assets take of their tenant's quotas. */
  readonly assetQuotas: AssetQuotas;
  readonly index: AssetIndex;
  readonly users: Pick<UserIndex, "list">;
  /** Throws `IndexUnavailable` when nothing can answer. */
  readonly search: (
    tenant: string,
    query: SearchQuery,
  ) => Promise<{ hits: SearchHit[]; hasMore: boolean; degraded: "vector"[] }>;
  readonly bucket: R2Bucket;
  readonly newAssetId: () => string;
  readonly newTenantId: (residency: Residency) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Signs the cursors of lists. */
  readonly cursorKey: string;
  /** Origins whose pages may call the API, as browsers write them. */
  readonly corsOrigins: readonly string[];
  readonly version: string;
  readonly environment: string;
  /** Serves the files of Swagger UI under `/docs/assets/`; null where there are none. */
  readonly docs: Pick<Fetcher, "fetch"> | null;
};

/** What the middleware leaves for the routes. */
export type ApiEnv = {
  Variables: {
    /** The answer is that of an earlier request with the same idempotency key. */
    replayed?: true;
    requestId: string;
    trace: TraceContext;
    route: string;
    /** The operation's id; "none" where no route is met. */
    operation: string;
    principal: Principal | null;
    /** What the handler adds to the audit row of the request. */
    audit?: AuditNote;
    /** The request has its row already. */
    audited?: true;
    /** The row that a public route has begun. */
    begun?: { readonly id: string; readonly tenant: string };
  };
};
