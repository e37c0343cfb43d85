/**
 * Accounts and the directory of their tenant, changed together. Each step can be repeated, and what a crash between two
 * leaves behind is put right by the same request again, or by the next login.
 *
 * M1 The directory never counts an admin whose account is none: what is given reaches the account first, what is taken
 *    away leaves the directory first. So a tenant that had an active admin keeps one.
 * M2 Names are taken in the directory before an account bears them, and given back when the account refuses them.
 */
import type { NewAccount } from "../../../../shared/contracts/account.ts";
import type { Once, Repeatable } from "../../../../shared/contracts/once.ts";
import type { Refusable } from "../../../../shared/contracts/objects.ts";
import type { Member, TenantMembersRpc } from "../../../../shared/contracts/tenant.ts";
import type { ChangeRole, UpdateUser, UserView } from "../../../../shared/contracts/user.ts";
import { refuse } from "../../../../shared/core/result.ts";
import type { Refusal } from "../../../../shared/errors/refusal.ts";
import type { ApiDeps } from "../../deps.ts";

type Deps = Pick<ApiDeps, "accounts" | "members" | "newUserId">;
export type Whom = { readonly tenant: string; readonly userId: string };

/** What the directory says of who stands so in their account. */
export const STANDING = {
  invited: "invited",
  unverified: "pending",
  active: "active",
  suspended: "inactive",
  deleted: "inactive",
} as const satisfies Record<UserView["status"], Member["status"]>;

const AT_FIRST = { invited: "invited", registered: "pending", founded: "active", external: "active" } as const;

const noUser = refuse<Refusal>({ code: "not_found", detail: "There is no such user." });

type Entrant = NewAccount extends infer A ? (A extends NewAccount ? Omit<A, "tenant" | "userId"> : never) : never;

/** A new account. The id is that of the first request with the same key. Refused also as `reserveMember` is. */
export async function enter(deps: Deps, tenant: string, entrant: Entrant, once: Once | null): Repeatable<UserView> {
  const members = deps.members(tenant);
  const { email, username, role } = entrant;
  const reserved = await members.reserveMember({ userId: deps.newUserId(), email, username, role }, once);
  if (!reserved.ok) return reserved;
  const { userId } = reserved.value;
  const created = await deps.accounts(tenant, userId).create({ ...entrant, tenant, userId }, once);
  if (!created.ok) return created;
  // A repetition tells of the account as it was at first; what became of it since stands in the directory.
  const isOpen = created.replayed !== true || (await members.member(userId))?.status === "reserved";
  if (!isOpen) return created;
  const confirmed = await members.confirmMember(userId, AT_FIRST[entrant.kind]);
  return confirmed.ok ? created : confirmed;
}

/** M2. */
export async function changeProfile(
  deps: Deps,
  { tenant, userId }: Whom,
  change: UpdateUser,
  ifVersion: number | null,
): Refusable<UserView> {
  const { email, username } = change;
  const names = { ...(email === undefined ? {} : { email }), ...(username === undefined ? {} : { username }) };
  const account = deps.accounts(tenant, userId);
  if (Object.keys(names).length === 0) return account.updateProfile(change, ifVersion);
  const members = deps.members(tenant);
  const before = await members.member(userId);
  if (before === null) return noUser;
  const renamed = await members.updateMember(userId, names);
  if (!renamed.ok) return renamed;
  const changed = await account.updateProfile(change, ifVersion);
  if (!changed.ok) await members.updateMember(userId, { email: before.email, username: before.username });
  return changed;
}

/** M1. */
export async function changeRole(
  deps: Deps,
  { tenant, userId }: Whom,
  change: ChangeRole,
  ifVersion: number | null,
): Refusable<UserView> {
  const [account, members] = [deps.accounts(tenant, userId), deps.members(tenant)];
  if (change.role !== "admin") {
    return withLess(members, userId, { role: change.role }, () => account.changeRole(change, ifVersion));
  }
  const changed = await account.changeRole(change, ifVersion);
  if (changed.ok) await members.updateMember(userId, { role: change.role });
  return changed;
}

/** M1. */
export const suspend = (deps: Deps, { tenant, userId }: Whom): Refusable<UserView> =>
  withLess(deps.members(tenant), userId, { status: "inactive" }, () => deps.accounts(tenant, userId).suspend());

/** M1. */
export async function activate(deps: Deps, { tenant, userId }: Whom): Refusable<UserView> {
  const active = await deps.accounts(tenant, userId).activate();
  if (active.ok) await deps.members(tenant).updateMember(userId, { status: STANDING[active.value.status] });
  return active;
}

/** M1; the names are free afterwards. */
export async function remove(deps: Deps, { tenant, userId }: Whom): Refusable<null> {
  const members = deps.members(tenant);
  const removed = await withLess(members, userId, { status: "inactive" }, () => deps.accounts(tenant, userId).delete());
  return removed.ok ? members.removeMember(userId) : removed;
}

/** The account is gone; whether its place in the directory was left behind, and is removed now. */
export async function removeRemains(deps: Deps, { tenant, userId }: Whom): Promise<boolean> {
  const members = deps.members(tenant);
  const left = await members.member(userId);
  if (left === null || left.status === "reserved") return false;
  return (await members.removeMember(userId)).ok;
}

async function withLess<T>(
  members: TenantMembersRpc,
  userId: string,
  less: Partial<Pick<Member, "role">> & { status?: "inactive" },
  onAccount: () => Refusable<T>,
): Refusable<T> {
  const before = await members.member(userId);
  if (before === null || before.status === "reserved") return noUser;
  const { role, status } = before;
  const lowered = await members.updateMember(userId, less);
  if (!lowered.ok) return lowered;
  const done = await onAccount();
  if (!done.ok) await members.updateMember(userId, { role, status });
  return done;
}
