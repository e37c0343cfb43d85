/**
 * A tenant: its profile, the directory of its members, and what its own object is asked for. The object is the authority
 * on all of it; user accounts keep the rest of a user.
 */
import { z } from "zod";
import { type Role, ROLES } from "../core/access/permissions.ts";
import { TenantId } from "./asset.ts";
import type { ApiKeyRpc, KeyLimit } from "./api-key.ts";
import type { Refusable } from "./objects.ts";
import type { Once, Repeatable } from "./once.ts";
import type { Leased, Principal } from "./principal.ts";
import type { QuotaRpc } from "./quota.ts";
import type { TenantDeletionRpc } from "./tenant-deletion.ts";

/** `suspended`: nobody gets in, work that runs goes on. `deleting` and `deleted` are one way. */
export const TenantStatus = z.enum(["active", "suspended", "deleting", "deleted"]);
export type TenantStatus = z.infer<typeof TenantStatus>;

/** Where the tenant's objects may live. */
export const Residency = z.enum(["any", "eu", "us"]);
export type Residency = z.infer<typeof Residency>;

const instant = z.iso.datetime({ offset: true });

export const TenantView = z.strictObject({
  id: TenantId,
  name: z.string().min(1).max(200),
  status: TenantStatus,
  residency: Residency,
  members: z.int().min(0),
  /** Counts the changes of the profile: the number in the `ETag`. */
  version: z.int().min(1),
  createdAt: instant,
  updatedAt: instant,
});
export type TenantView = z.infer<typeof TenantView>;

/** `reserved`: the name is taken, the account is not made yet. Only an `active` one counts as an admin. */
export const MemberStatus = z.enum(["reserved", "invited", "pending", "active", "inactive"]);
export type MemberStatus = z.infer<typeof MemberStatus>;

export type Member = {
  readonly userId: string;
  /** In lower case, without spaces around it. */
  readonly email: string;
  readonly username: string | null;
  readonly role: Role;
  readonly status: MemberStatus;
};

export type MemberChange = Partial<Pick<Member, "email" | "username" | "role">> & {
  readonly status?: Exclude<MemberStatus, "reserved">;
};

/** Members by user id; `after` is the last of the page before. Reservations are nobody yet. */
export type MemberPage = {
  readonly after: string | null;
  readonly limit: number;
  readonly role: Role | null;
  readonly status: Exclude<MemberStatus, "reserved"> | null;
};

/** Where the sweep over all tenants' users goes on: after this user of this tenant; an empty text for its first. */
export type UserSweepPosition = { readonly tenant: string; readonly after: string };

/**
 * The directory: an e-mail address and a user name belong to one member of the tenant at a time, compared without case.
 * Refusals: `email_taken`, `username_taken`, `last_admin`, `not_found`, `tenant_suspended`, `idempotency_conflict`.
 */
export interface TenantMembersRpc {
  /**
   * Takes address and name for an account about to be made. A reservation that nobody confirms within 15 minutes falls to
   * whoever asks next. The same user id again answers the same.
   */
  reserveMember(
    member: { userId: string; email: string; username: string | null; role: Role },
    once: Once | null,
  ): Repeatable<Member>;
  /** The account is there, in this status. Repeating it changes nothing but the status. */
  confirmMember(userId: string, status: "invited" | "pending" | "active"): Refusable<Member>;
  /** `last_admin`: the change would leave the tenant without an active admin. */
  updateMember(userId: string, change: MemberChange): Refusable<Member>;
  /** Removing one that is not there changes nothing. Refused for the last active admin. */
  removeMember(userId: string): Refusable<null>;
  member(userId: string): Promise<Member | null>;
  /** By e-mail address (anything with an `@`) or user name; a reservation is nobody yet. */
  memberByLogin(login: string): Promise<Member | null>;
  listMembers(page: MemberPage): Promise<Member[]>;
  memberCounts(): Promise<{ readonly members: number; readonly activeAdmins: number }>;
}

/**
 * A principal by API key, with the key's own limit where it has one. `owner` is the user behind the key, whose account says
 * what of its permissions it has now; null for nobody.
 */
export type KeyPrincipal = Principal & { readonly keyLimit: KeyLimit | null; readonly owner: string | null };

/**
 * What the edge asks. A lease counts from before the question; every command that takes access away (disable, roll
 * without grace, delete, suspend) answers only when all leases given before are over.
 */
export interface TenantAccessRpc {
  /** Null for a tenant that is not there; `active` is false for every status but `active`. */
  standing(): Promise<Leased<{ readonly active: boolean }> | null>;
  /**
   * The key's own permissions, which an `owner` bounds. Null unless the key is known, enabled, not expired and its secret right; `suspended` for a right key of a tenant that
   * is not active.
   */
  authenticate(keyId: string, secret: string): Promise<Leased<KeyPrincipal> | "suspended" | null>;
}

export type TenantCreation = { readonly tenant: string; readonly name: string; readonly residency: Residency };

/** The life of a tenant. `ifVersion` is the version the caller has seen; null for any. */
export interface TenantLifeRpc {
  createTenant(creation: TenantCreation, once: Once | null): Repeatable<TenantView>;
  getTenant(): Refusable<TenantView>;
  renameTenant(name: string, ifVersion: number | null): Refusable<TenantView>;
  suspendTenant(once?: Once | null): Repeatable<TenantView>;
  resumeTenant(once?: Once | null): Repeatable<TenantView>;
}

/** The list of all tenants; asked of the platform's own object only. */
export interface TenantDirectoryRpc {
  /** Answers the id that stands in the list: a repetition under the same `once` that of the first time. */
  enlistTenant(entry: { tenant: string; createdAtMs: number }, once: Once | null): Refusable<string>;
  /** Delisting one that is not listed changes nothing. */
  delistTenant(tenant: string): Promise<void>;
  /** Ordered by id; `after` is the last id of the page before. */
  listTenants(page: { after: string | null; limit: number }): Promise<string[]>;
}

export interface TenantRpc
  extends
    TenantAccessRpc,
    TenantMembersRpc,
    TenantLifeRpc,
    TenantDirectoryRpc,
    TenantDeletionRpc,
    ApiKeyRpc,
    QuotaRpc {}

export const RoleName = z.enum(ROLES);
