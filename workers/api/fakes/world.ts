/** An app with everything around it in memory: two tenants, each with a key. */
import type { AssetSummary } from "../../../shared/contracts/asset.ts";
import type { Principal } from "../../../shared/contracts/principal.ts";
import { type Permission, PLATFORM_TENANT } from "../../../shared/core/access/permissions.ts";
import { permissionsOf, type Role } from "../../../shared/core/access/permissions.ts";
import type { SearchQuery } from "../../../shared/contracts/search.ts";
import { refuse } from "../../../shared/core/result.ts";
import type { AssetIndex, ListFilter } from "../../../shared/ports/asset-index.ts";
import { createApp } from "../app.ts";
import type { ApiDeps } from "../deps.ts";
import type { ApiRoute } from "../route.ts";
import { ROUTES } from "../routes/table.ts";
import { createLimits } from "../../access/limits/limits.ts";
import { createOidc } from "../../access/oidc/oidc.ts";
import { createAssetQuotas } from "../../access/quotas/asset-quotas.ts";
import { FakeAccount } from "./accounts.ts";
import { FakeAuditLog } from "./audit-log.ts";
import { FakeBucket } from "./bucket.ts";
import { FakeDeadLetters } from "./dead-letters.ts";
import { type FakeAsset, fakeAsset } from "./media-assets.ts";
import { FakeTenant } from "./tenant.ts";
import { FakeUserIndex } from "./user-index.ts";

export const KEY = "key-of-one";
export const OPERATOR = "token-of-operator";
const PRINCIPALS: Readonly<Record<string, Principal>> = {
  [KEY]: { tenant: "ten_one1", actor: { kind: "api-key", id: "key_one" }, permissions: ["*"] },
  "key-of-two": { tenant: "ten_two2", actor: { kind: "api-key", id: "key_two" }, permissions: ["*"] },
  "key-to-read": { tenant: "ten_one1", actor: { kind: "api-key", id: "key_read" }, permissions: ["assets:read"] },
  [OPERATOR]: {
    tenant: PLATFORM_TENANT,
    actor: { kind: "user", id: "usr_operator", sessionId: "ses_operator", role: "admin" },
    permissions: ["platform:operate"],
  },
};

/** Whose request a route with this permission takes. */
export function keyFor(permission: Permission | null): string {
  if (permission === "platform:operate") return OPERATOR;
  return permission === "account:self" ? ADMIN_TOKEN : KEY;
}

/** A signed-in admin of the first tenant, who has no account. */
export const ADMIN_TOKEN = "token-of-an-admin";
const ADMIN: Principal = {
  tenant: "ten_one1",
  actor: { kind: "user", id: `usr_${"A".repeat(26)}`, sessionId: `ses_${"A".repeat(26)}`, role: "admin" },
  permissions: permissionsOf("ten_one1", "admin", []),
};

const unused = (): never => {
  throw new Error("not part of the API");
};

const noJob = async () => refuse({ code: "not_found" as const, detail: "There is no such job." });

export type World = ReturnType<typeof makeWorld>;

type Given = Partial<ApiDeps> & { readonly maxBytes?: number; readonly routes?: readonly ApiRoute[] };

export function makeWorld({ maxBytes = 1 << 30, routes = ROUTES, ...given }: Given = {}) {
  const assets = new Map<string, FakeAsset>();
  const bucket = new FakeBucket();
  const summaries: AssetSummary[] = [];
  const letters = new Map<string, FakeDeadLetters>();
  const audits = new Map<string, FakeAuditLog>();
  const accounts = new Map<string, FakeAccount>();
  const sessions = new Map<string, { account: FakeAccount; sessionId: string }>();
  const tenants = new Map([
    ["ten_one1", new FakeTenant("ten_one1", "One")],
    ["ten_two2", new FakeTenant("ten_two2", "Two")],
  ]);
  const tenantOf = (id: string): FakeTenant => {
    const found = tenants.get(id) ?? new FakeTenant(id, null);
    tenants.set(id, found);
    return found;
  };
  const listed: ListFilter[] = [];
  const searched: SearchQuery[] = [];
  let count = 0;
  const at = (tenant: string, assetId: string): FakeAsset => {
    const name = `${tenant}/${assetId}`;
    const asset = assets.get(name) ?? fakeAsset(maxBytes);
    assets.set(name, asset);
    return asset;
  };
  const auditOf = (tenant: string): FakeAuditLog => {
    const log = audits.get(tenant) ?? new FakeAuditLog(tenant);
    audits.set(tenant, log);
    return log;
  };
  const accountOf = (tenant: string, userId: string): FakeAccount => {
    const account = accounts.get(`${tenant}/${userId}`) ?? new FakeAccount(tenant, userId);
    accounts.set(`${tenant}/${userId}`, account);
    return account;
  };
  const membersOf = tenantOf;
  let users = 0;
  const newUserId = (): string => `usr_${String((users += 1)).padStart(26, "0")}`;
  /** An active user with a password, as a bootstrap founds them. */
  const found = async (name: string, role: Role = "user", tenant = "ten_one1"): Promise<string> => {
    const userId = newUserId();
    const names = { email: `${name}@example.com`, username: name };
    await membersOf(tenant).reserveMember({ userId, ...names, role }, null);
    const account = { ...names, tenant, userId, fullName: null, role, permissions: [], password: `${name}-password` };
    await accountOf(tenant, userId).create({ ...account, kind: "founded" }, null);
    await membersOf(tenant).confirmMember(userId, "active");
    return userId;
  };
  const index: AssetIndex = {
    indexedSeq: unused,
    apply: unused,
    stalled: unused,
    searchText: unused,
    searchTrigram: unused,
    hydrate: unused,
    list: async (_tenant, filter) => {
      listed.push(filter);
      const start = filter.after === undefined ? 0 : summaries.findIndex(({ id }) => id === filter.after?.id) + 1;
      return summaries.slice(start, start + filter.limit);
    },
  };
  const userIndex = new FakeUserIndex();
  /** Never behind: the accounts are asked each time. */
  const listUsers: ApiDeps["users"]["list"] = async (tenant, filter) => {
    for (const [name, account] of accounts) {
      const [of = "", userId = ""] = name.split("/");
      const listing = await account.listing();
      if (of === tenant && listing !== null) await userIndex.apply(tenant, userId, listing);
    }
    return userIndex.list(tenant, filter);
  };
  const deps: ApiDeps = {
    assets: at,
    jobs: () => ({
      get: noJob,
      events: noJob,
      confirm: noJob,
      pause: noJob,
      resume: noJob,
      cancel: noJob,
      changePriority: noJob,
    }),
    audit: (tenant) => auditOf(tenant),
    tenants: tenantOf,
    deadLetters: (tenant) => letters.get(tenant) ?? new FakeDeadLetters([]),
    authenticate: async (credential) => {
      const session = sessions.get(credential);
      if (session !== undefined) return (await session.account.lease(session.sessionId))?.value ?? null;
      return credential === ADMIN_TOKEN ? ADMIN : (PRINCIPALS[credential] ?? null);
    },
    accounts: accountOf,
    members: membersOf,
    issueAccessToken: async ({ tenant, userId, sessionId }) => {
      const token = `token-${sessions.size}-of-${userId}`;
      sessions.set(token, { account: accountOf(tenant, userId), sessionId });
      return { accessToken: token, expiresInSeconds: 1_800 };
    },
    newUserId,
    decoyKey: "decoy-key-for-tests",
    registration: "closed",
    limits: createLimits({ rules: [], limiter: unused, edgeId: "edge", now: () => 0, timeoutMs: 1_000 }),
    assetQuotas: createAssetQuotas({ tenant: tenantOf, now: () => Date.now() }),
    index,
    users: { list: listUsers },
    search: async (_tenant, query) => {
      searched.push(query);
      return { hits: [], hasMore: false, degraded: [] };
    },
    // SAFETY: the API uses no more of a bucket than this.
    bucket: bucket as unknown as R2Bucket,
    newAssetId: () => `ast_${String((count += 1)).padStart(26, "0")}`,
    newTenantId: (residency) => `ten_${residency === "any" ? "" : residency}${String((count += 1)).padStart(26, "0")}`,
    now: () => 1_767_323_045_000,
    cursorKey: "cursor-key-for-tests",
    corsOrigins: [],
    version: "v-test",
    environment: "dev",
    jwks: { keys: [] },
    oidc: createOidc({
      providers: [],
      publicOrigin: "http://localhost",
      keys: [],
      allowLoopback: false,
      now: () => 0,
    }),
    docs: null,
    ...given,
  };
  const app = createApp(deps, routes);
  const call = async (path: string, init: RequestInit & { key?: string | null } = {}): Promise<Response> => {
    const { key = KEY, headers, ...rest } = init;
    const all = new Headers(headers);
    if (key !== null) all.set("authorization", `Bearer ${key}`);
    // A stream needs `duplex`, which the type lacks.
    const half = { duplex: "half" };
    return app.request(path, { ...rest, headers: all, ...half });
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    call(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    });
  const create = async (body: object = { name: "a.jpg" }): Promise<string> => {
    const answer = (await (await post("/v1/assets", body)).json()) as { id: string };
    return answer.id;
  };
  return {
    accounts,
    accountOf,
    membersOf,
    found,
    app,
    audits,
    auditOf,
    tenantOf,
    letters,
    assets,
    at,
    bucket,
    summaries,
    listed,
    searched,
    call,
    post,
    create,
  };
}
