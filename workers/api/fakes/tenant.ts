/** A tenant's object without the platform around it: the stores of the real one, no leases, no alarm. */
import { ApiKeyStore } from "../../../durable-objects/tenant/api-keys.ts";
import { begun, failed, retried, viewOfDeletion } from "../../../durable-objects/tenant/core/deletion.ts";
import { DeletionStore } from "../../../durable-objects/tenant/deletion/store.ts";
import { MemberStore } from "../../../durable-objects/tenant/members.ts";
import { commanded, type Commanded, whole } from "../../../durable-objects/tenant/once.ts";
import { noTenant, ProfileStore } from "../../../durable-objects/tenant/profile.ts";
import { QuotaStore } from "../../../durable-objects/tenant/quotas.ts";
import { TENANT_SCHEMA } from "../../../durable-objects/tenant/schema.ts";
import { viewOfTenant } from "../../../durable-objects/tenant/view.ts";
import { applySchema } from "../../../durable-objects/runtime/schema.ts";
import type { ApiKeyView, IssuedApiKey, KeyMaker } from "../../../shared/contracts/api-key.ts";
import type { Once } from "../../../shared/contracts/once.ts";
import type { TenantRpc, TenantStatus, TenantView } from "../../../shared/contracts/tenant.ts";
import type { UsageDay, UsageRpc } from "../../../shared/contracts/usage.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { sqliteStorage } from "./sqlite-storage.ts";

export class FakeTenant implements TenantRpc, UsageRpc {
  readonly days: UsageDay[] = [];
  readonly makers: KeyMaker[] = [];
  readonly #id: string;
  readonly #storage = sqliteStorage();
  readonly #profile = new ProfileStore(this.#storage.sql);
  readonly #members = new MemberStore(this.#storage.sql);
  readonly #keys = new ApiKeyStore(this.#storage.sql);
  readonly #quotas = new QuotaStore(this.#storage.sql);
  readonly #listed = new Set<string>();
  readonly #deletion = new DeletionStore(this.#storage.sql);

  /** `name` is null for a tenant that is not there yet. */
  constructor(id: string, name: string | null) {
    this.#id = id;
    applySchema(this.#storage, TENANT_SCHEMA);
    if (name !== null) this.#profile.create(id, name, Date.now());
  }

  set active(active: boolean) {
    this.#profile.become(active ? "active" : "suspended", Date.now());
  }

  createTenant: TenantRpc["createTenant"] = async ({ tenant, name }, once) =>
    commanded(
      this.#storage,
      once,
      (nowMs) =>
        this.#profile.create(tenant, name, nowMs)
          ? this.#view()
          : refuse<Refusal>({ code: "tenant_exists", detail: "There is a tenant with this id." }),
      whole<TenantView>(),
    );
  getTenant: TenantRpc["getTenant"] = async () => this.#view();
  renameTenant: TenantRpc["renameTenant"] = async (name, ifVersion) => {
    const renamed = this.#profile.rename(name, ifVersion, Date.now());
    return renamed.ok ? this.#view() : renamed;
  };
  suspendTenant: TenantRpc["suspendTenant"] = async (once = null) => this.#become("suspended", once);
  resumeTenant: TenantRpc["resumeTenant"] = async (once = null) => this.#become("active", once);
  standing: TenantRpc["standing"] = async () => {
    const profile = this.#profile.get();
    return profile === null ? null : { value: { active: profile.status === "active" }, leaseMs: 2_000 };
  };
  authenticate: TenantRpc["authenticate"] = async (keyId, secret) => {
    const [open, profile] = [this.#keys.open(keyId, secret, Date.now()), this.#profile.get()];
    if (open === null || profile === null) return null;
    if (profile.status !== "active") return "suspended";
    return { value: { tenant: this.#id, actor: { kind: "api-key", id: keyId }, ...open }, leaseMs: 2_000 };
  };

  createKey: TenantRpc["createKey"] = async (body, maker, once) => {
    this.makers.push(maker);
    return this.#issue(once, (nowMs) => this.#keys.create(this.#id, body, maker, nowMs));
  };
  listKeys: TenantRpc["listKeys"] = async (page) => this.#keys.list(page, Date.now());
  getKey: TenantRpc["getKey"] = async (keyId) => this.#keys.get(keyId, Date.now());
  updateKey: TenantRpc["updateKey"] = async (keyId, change, maker, ifVersion) =>
    this.#keys.update(keyId, change, { maker, ifVersion }, Date.now());
  disableKey: TenantRpc["disableKey"] = async (keyId, once = null) => this.#switch(keyId, false, once);
  enableKey: TenantRpc["enableKey"] = async (keyId, once = null) => this.#switch(keyId, true, once);
  rollKey: TenantRpc["rollKey"] = async (keyId, graceSeconds, maker, once) =>
    this.#issue(once, (nowMs) => this.#keys.roll(this.#id, keyId, { graceSeconds, maker }, nowMs));
  deleteKey: TenantRpc["deleteKey"] = async (keyId) => this.#keys.delete(keyId);

  reserveMember: TenantRpc["reserveMember"] = async (member, once) => {
    const profile = this.#profile.get();
    if (profile === null) return noTenant;
    if (profile.status !== "active") return refuse({ code: "tenant_suspended", detail: "Nobody joins." });
    return commanded(this.#storage, once, (nowMs) => this.#members.reserve(member, nowMs), whole());
  };
  confirmMember: TenantRpc["confirmMember"] = async (userId, status) => this.#members.update(userId, { status });
  updateMember: TenantRpc["updateMember"] = async (userId, change) => this.#members.update(userId, change);
  removeMember: TenantRpc["removeMember"] = async (userId) => this.#members.remove(userId);
  member: TenantRpc["member"] = async (userId) => this.#members.get(userId);
  memberByLogin: TenantRpc["memberByLogin"] = async (login) => this.#members.byLogin(login);
  listMembers: TenantRpc["listMembers"] = async (page) => this.#members.list(page);
  memberCounts: TenantRpc["memberCounts"] = async () => this.#members.counts();

  reserveQuota: TenantRpc["reserveQuota"] = async (id, amounts) =>
    this.#storage.transactionSync(() => this.#quotas.reserve(id, amounts, Date.now()));
  settleQuota: TenantRpc["settleQuota"] = async (id, used) => this.#quotas.settle(id, used, Date.now());
  releaseQuota: TenantRpc["releaseQuota"] = async (id) => this.#quotas.release(id);
  holdAsset: TenantRpc["holdAsset"] = async (id, told) => this.#quotas.hold(id, told, Date.now());
  quotas: TenantRpc["quotas"] = async () => this.#quotas.states(Date.now());
  limitsAssets: TenantRpc["limitsAssets"] = async () => ({ value: this.#quotas.limitsAssets(), leaseMs: 2_000 });
  setQuotas: TenantRpc["setQuotas"] = async (limits) => {
    if (this.#profile.get() === null) return noTenant;
    this.#quotas.setLimits(limits);
    return ok(this.#quotas.states(Date.now()));
  };

  enlistTenant: TenantRpc["enlistTenant"] = async ({ tenant }, once) =>
    commanded(
      this.#storage,
      once,
      () => {
        this.#listed.add(tenant);
        return ok(tenant);
      },
      whole<string>(),
    );
  listTenants: TenantRpc["listTenants"] = async ({ after, limit }) =>
    [...this.#listed]
      .toSorted()
      .filter((tenant) => tenant > (after ?? ""))
      .slice(0, limit);
  delistTenant: TenantRpc["delistTenant"] = async (tenant) => {
    this.#listed.delete(tenant);
  };
  /** Begins, and goes no further. */
  deleteTenant: TenantRpc["deleteTenant"] = async () => {
    const became = this.#profile.become("deleting", Date.now());
    if (!became.ok) return became;
    if (this.#deletion.get() === null) this.#deletion.keep(begun(Date.now()));
    return this.deletion();
  };
  deletion: TenantRpc["deletion"] = async () => {
    const state = this.#deletion.get();
    return state === null ? noTenant : ok(viewOfDeletion(state));
  };
  retryDeletion: TenantRpc["retryDeletion"] = async () => {
    const state = this.#deletion.get();
    if (state === null) return noTenant;
    if (state.status === "completed") return refuse({ code: "tenant_deletion_not_stuck", detail: "It has ended." });
    this.#deletion.keep(retried(state, Date.now()));
    return this.deletion();
  };
  takeAsset: TenantRpc["takeAsset"] = async () => this.#deletion.get() !== null;
  /** As if so many tries had failed. */
  fail(times: number): void {
    for (let i = 0; i < times; i += 1) {
      const state = this.#deletion.get();
      if (state !== null) this.#deletion.keep(failed(state, "purge-assets: away", Date.now(), 0));
    }
  }
  usage: UsageRpc["usage"] = async () => this.days;

  #view(): Result<TenantView, Refusal> {
    const profile = this.#profile.get();
    return profile === null ? noTenant : ok(viewOfTenant(profile, this.#members.counts().members));
  }

  #become(status: TenantStatus, once: Once | null): Commanded<TenantView> {
    const become = (nowMs: number): Result<TenantView, Refusal> => {
      const became = this.#profile.become(status, nowMs);
      return became.ok ? this.#view() : became;
    };
    return commanded(this.#storage, once, become, whole<TenantView>());
  }

  #switch(keyId: string, enabled: boolean, once: Once | null): Commanded<ApiKeyView> {
    const set = (nowMs: number) => this.#keys.setEnabled(keyId, enabled, nowMs);
    return commanded(this.#storage, once, set, whole<ApiKeyView>());
  }

  #issue(
    once: Once | null,
    decide: (nowMs: number) => Result<{ keyId: string; secret: string }, Refusal>,
  ): Commanded<IssuedApiKey> {
    const shown = (keyId: string) =>
      refuse<Refusal>({ code: "secret_shown", detail: `This request has been done; its key is ${keyId}.` });
    const issued = commanded(this.#storage, once, decide, { keep: ({ keyId }) => keyId, replay: shown });
    if (!issued.ok) return issued;
    const key = this.#keys.get(issued.value.keyId, Date.now());
    return key.ok ? ok({ key: key.value, secret: issued.value.secret }) : key;
  }
}
