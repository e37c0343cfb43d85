/**
 * One tenant: who it is, who belongs to it, which API keys open its data, what it may hold and what it has used.
 * Addressed by the tenant's id. What each part promises stands in its store.
 *
 * T1 Taking access away answers when every lease given before is over.
 * T2 An unknown tenant writes nothing: asking for one leaves no trace.
 */
import type {
  ApiKeyRpc,
  ApiKeyView,
  CreateApiKey,
  IssuedApiKey,
  KeyMaker,
  UpdateApiKey,
} from "../../shared/contracts/api-key.ts";
import type { Once, Repeatable } from "../../shared/contracts/once.ts";
import type { Leased } from "../../shared/contracts/principal.ts";
import type { Refusable } from "../../shared/contracts/objects.ts";
import type { Amounts, QuotaChange, QuotaRpc, QuotaState } from "../../shared/contracts/quota.ts";
import type {
  KeyPrincipal,
  Member,
  MemberChange,
  MemberPage,
  TenantAccessRpc,
  TenantCreation,
  TenantDirectoryRpc,
  TenantLifeRpc,
  TenantMembersRpc,
  TenantStatus,
  TenantView,
} from "../../shared/contracts/tenant.ts";
import type { Role } from "../../shared/core/access/permissions.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { Announcement } from "./announcement.ts";
import { ApiKeyStore } from "./api-keys.ts";
import { KeyUses } from "./key-uses.ts";
import { MemberStore } from "./members.ts";
import { TenantEnding } from "./ending.ts";
import { commanded, type Commanded, whole } from "./once.ts";
import { noTenant } from "./profile.ts";
import { QuotaStore } from "./quotas.ts";
import { viewOfTenant } from "./view.ts";

type Rpc = TenantAccessRpc & TenantMembersRpc & TenantLifeRpc & TenantDirectoryRpc & ApiKeyRpc & QuotaRpc;

export class Tenant extends TenantEnding implements Rpc {
  readonly #members: MemberStore;
  readonly #keys: ApiKeyStore;
  readonly #quotas: QuotaStore;
  readonly #uses: KeyUses;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    this.#members = new MemberStore(sql);
    this.#keys = new ApiKeyStore(sql);
    this.#quotas = new QuotaStore(sql);
    this.#uses = new KeyUses(this.#keys, (work) => {
      ctx.waitUntil(work);
    });
    if (this.presence.exists) ctx.waitUntil(new Announcement(sql).make(env, this.profile.get()));
  }

  /** Creates the tenant when it is new, and issues a key with every permission. The key is shown this once. */
  async bootstrap(tenant: string, name: string): Promise<{ apiKey: string }> {
    if (!this.presence.admit()) throw new Error("The tenant was deleted; its id is not given again.");
    const issued = this.ctx.storage.transactionSync(() => {
      this.profile.create(tenant, name, Date.now());
      return this.#keys.create(tenant, { name: "First key", permissions: ["*"] }, null, Date.now());
    });
    if (!issued.ok) throw new Error(`The first key was refused: ${issued.error.code}`);
    return { apiKey: issued.value.secret };
  }

  async createTenant({ tenant, name }: TenantCreation, once: Once | null): Repeatable<TenantView> {
    if (!this.presence.admit()) return deleted;
    return commanded(
      this.ctx.storage,
      once,
      (nowMs) => (this.profile.create(tenant, name, nowMs) ? this.#view() : exists),
      whole<TenantView>(),
    );
  }

  async getTenant(): Refusable<TenantView> {
    return this.presence.exists ? this.#view() : noTenant;
  }

  async renameTenant(name: string, ifVersion: number | null): Refusable<TenantView> {
    if (!this.presence.exists) return noTenant;
    const renamed = this.profile.rename(name, ifVersion, Date.now());
    return renamed.ok ? this.#view() : renamed;
  }

  /** T1. Work that runs goes on, and reports of it are taken. */
  async suspendTenant(once: Once | null = null): Repeatable<TenantView> {
    return this.#revoking(this.#become("suspended", once));
  }

  async resumeTenant(once: Once | null = null): Repeatable<TenantView> {
    return this.#become("active", once);
  }

  async standing(): Promise<Leased<{ readonly active: boolean }> | null> {
    const profile = this.presence.exists ? this.profile.get() : null;
    return profile === null ? null : this.leases.give({ active: profile.status === "active" });
  }

  async authenticate(keyId: string, secret: string): Promise<Leased<KeyPrincipal> | "suspended" | null> {
    if (!this.presence.exists) return null;
    const nowMs = Date.now();
    const open = this.#keys.open(keyId, secret, nowMs);
    const profile = this.profile.get();
    if (open === null || profile === null) return null;
    if (profile.status !== "active") return "suspended";
    this.#uses.note(keyId, nowMs);
    const { tenant } = profile;
    return this.leases.give(
      { tenant, actor: { kind: "api-key", id: keyId }, ...open },
      this.#keys.endsAtMs(keyId, nowMs),
    );
  }

  async createKey(body: CreateApiKey, maker: KeyMaker, once: Once | null): Repeatable<IssuedApiKey> {
    return this.#issue(once, (tenant, nowMs) => this.#keys.create(tenant, body, maker, nowMs));
  }

  async listKeys(page: { after: string | null; limit: number }) {
    return this.presence.exists ? this.#keys.list(page, Date.now()) : [];
  }

  async getKey(keyId: string) {
    return this.presence.exists ? this.#keys.get(keyId, Date.now()) : noTenant;
  }

  /** T1: fewer permissions or an earlier end hold everywhere when this answers. */
  async updateKey(keyId: string, change: UpdateApiKey, maker: KeyMaker, ifVersion: number | null) {
    if (!this.presence.exists) return noTenant;
    return this.#revoking(this.#keys.update(keyId, change, { maker, ifVersion }, Date.now()));
  }

  async disableKey(keyId: string, once: Once | null = null): Repeatable<ApiKeyView> {
    return this.#revoking(this.#switch(keyId, false, once));
  }

  async enableKey(keyId: string, once: Once | null = null): Repeatable<ApiKeyView> {
    return this.#switch(keyId, true, once);
  }

  /** T1: without grace the old secret opens nothing any more when this answers. */
  async rollKey(keyId: string, graceSeconds: number, maker: KeyMaker, once: Once | null): Repeatable<IssuedApiKey> {
    const roll = (tenant: string, nowMs: number) => this.#keys.roll(tenant, keyId, { graceSeconds, maker }, nowMs);
    return this.#revoking(this.#issue(once, roll));
  }

  async deleteKey(keyId: string): Refusable<null> {
    return this.presence.exists ? this.#revoking(this.#keys.delete(keyId)) : noTenant;
  }

  async reserveMember(
    member: { userId: string; email: string; username: string | null; role: Role },
    once: Once | null,
  ): Repeatable<Member> {
    const status = this.presence.exists ? this.profile.get()?.status : undefined;
    if (status === undefined) return noTenant;
    if (status !== "active") return refuse({ code: "tenant_suspended", detail: "Nobody joins a suspended tenant." });
    return commanded(this.ctx.storage, once, (nowMs) => this.#members.reserve(member, nowMs), whole<Member>());
  }

  async confirmMember(userId: string, status: "invited" | "pending" | "active"): Refusable<Member> {
    return this.updateMember(userId, { status });
  }

  async updateMember(userId: string, change: MemberChange): Refusable<Member> {
    return this.presence.exists ? this.#members.update(userId, change) : noTenant;
  }

  async removeMember(userId: string): Refusable<null> {
    return this.presence.exists ? this.#members.remove(userId) : ok(null);
  }

  async member(userId: string): Promise<Member | null> {
    return this.presence.exists ? this.#members.get(userId) : null;
  }

  async memberByLogin(login: string): Promise<Member | null> {
    return this.presence.exists ? this.#members.byLogin(login) : null;
  }

  async listMembers(page: MemberPage): Promise<Member[]> {
    return this.presence.exists ? this.#members.list(page) : [];
  }

  async memberCounts(): Promise<{ readonly members: number; readonly activeAdmins: number }> {
    return this.presence.exists ? this.#members.counts() : { members: 0, activeAdmins: 0 };
  }

  async reserveQuota(id: string, amounts: Amounts): Refusable<null> {
    if (!this.presence.admit()) return deleted;
    const reserved = this.ctx.storage.transactionSync(() => this.#quotas.reserve(id, amounts, Date.now()));
    if (reserved.ok) await this.#wakeFor(this.#quotas.nextExpiryMs());
    return reserved;
  }

  async settleQuota(id: string, used: Amounts): Promise<void> {
    if (!this.presence.admit()) return;
    this.ctx.storage.transactionSync(() => {
      this.#quotas.settle(id, used, Date.now());
    });
  }

  async releaseQuota(id: string): Promise<void> {
    if (!this.presence.exists) return;
    this.ctx.storage.transactionSync(() => {
      this.#quotas.release(id);
    });
  }

  async holdAsset(assetId: string, told: Parameters<QuotaRpc["holdAsset"]>[1]): Promise<void> {
    if (!this.presence.admit()) return;
    this.ctx.storage.transactionSync(() => {
      this.#quotas.hold(assetId, told, Date.now());
    });
  }

  async quotas(): Promise<QuotaState[]> {
    this.presence.admit();
    return this.#quotas.states(Date.now());
  }

  async limitsAssets(): Promise<Leased<boolean>> {
    return this.leases.give(this.presence.exists && this.#quotas.limitsAssets());
  }

  /** T1: who was told that there is no limit believes it no more. */
  async setQuotas(limits: QuotaChange): Refusable<QuotaState[]> {
    if (!this.presence.exists) return noTenant;
    this.ctx.storage.transactionSync(() => {
      this.#quotas.setLimits(limits);
    });
    if (this.#quotas.limitsAssets()) await this.leases.over();
    return ok(this.#quotas.states(Date.now()));
  }

  async enlistTenant(
    { tenant, createdAtMs }: { tenant: string; createdAtMs: number },
    once: Once | null,
  ): Refusable<string> {
    this.presence.admit();
    const insert = "INSERT OR IGNORE INTO tenant_list (tenant, created_at) VALUES (?, ?)";
    return commanded(
      this.ctx.storage,
      once,
      () => {
        this.ctx.storage.sql.exec(insert, tenant, createdAtMs);
        return ok(tenant);
      },
      whole<string>(),
    );
  }

  async delistTenant(tenant: string): Promise<void> {
    if (this.presence.exists) this.ctx.storage.sql.exec("DELETE FROM tenant_list WHERE tenant = ?", tenant);
  }

  async listTenants({ after, limit }: { after: string | null; limit: number }): Promise<string[]> {
    if (!this.presence.exists) return [];
    return this.ctx.storage.sql
      .exec<{ tenant: string }>(
        "SELECT tenant FROM tenant_list WHERE tenant > ? ORDER BY tenant LIMIT ?",
        after ?? "",
        limit,
      )
      .toArray()
      .map((row) => row.tenant);
  }

  /** Reservations that nobody settled are released; of a tenant that is being deleted, its deletion goes on. */
  override async alarm(): Promise<void> {
    if (!this.presence.hasTables || (await this.goOnWithDeletion()) || !this.presence.exists) return;
    await this.#wakeFor(this.ctx.storage.transactionSync(() => this.#quotas.expire(Date.now())));
  }

  #view(): Result<TenantView, Refusal> {
    const profile = this.profile.get();
    return profile === null ? noTenant : ok(viewOfTenant(profile, this.#members.counts().members));
  }

  #become(status: TenantStatus, once: Once | null): Commanded<TenantView> {
    if (!this.presence.exists) return noTenant;
    const become = (nowMs: number): Result<TenantView, Refusal> => {
      const became = this.profile.become(status, nowMs);
      return became.ok ? this.#view() : became;
    };
    return commanded(this.ctx.storage, once, become, whole<TenantView>());
  }

  #switch(keyId: string, enabled: boolean, once: Once | null): Commanded<ApiKeyView> {
    if (!this.presence.exists) return noTenant;
    const set = (nowMs: number) => this.#keys.setEnabled(keyId, enabled, nowMs);
    return commanded(this.ctx.storage, once, set, whole<ApiKeyView>());
  }

  /** T1; a repetition waits too: it may follow a crash between the effect and its answer. */
  async #revoking<T>(outcome: Commanded<T> | Promise<Commanded<T>>): Repeatable<T> {
    const settled = await outcome;
    if (settled.ok) await this.leases.over();
    return settled;
  }

  /** A command whose reply has a secret: its repetition learns that it was done, not the secret. */
  async #issue(
    once: Once | null,
    decide: (tenant: string, nowMs: number) => Result<{ keyId: string; secret: string }, Refusal>,
  ): Repeatable<IssuedApiKey> {
    const profile = this.presence.exists ? this.profile.get() : null;
    if (profile === null) return noTenant;
    const issued = commanded(this.ctx.storage, once, (nowMs) => decide(profile.tenant, nowMs), {
      keep: ({ keyId }) => keyId,
      replay: (keyId) =>
        refuse<Refusal>({ code: "secret_shown", detail: `This request has been done; its key is ${keyId}.` }),
    });
    if (!issued.ok) return issued;
    const key = this.#keys.get(issued.value.keyId, Date.now());
    return key.ok ? ok({ key: key.value, secret: issued.value.secret }) : key;
  }

  /** The object has one alarm: the earliest of what waits stands. */
  async #wakeFor(atMs: number | null): Promise<void> {
    if (atMs === null) return;
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > atMs) await this.ctx.storage.setAlarm(atMs);
  }
}

const exists = refuse<Refusal>({ code: "tenant_exists", detail: "There is a tenant with this id." });
const deleted = refuse<Refusal>({
  code: "tenant_not_in_state",
  detail: "The tenant is deleted, or about to be; its id is not given again.",
});
