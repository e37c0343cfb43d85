/**
 * The list of a tenant's users: a projection of their accounts, made again from them at any time. Who a user is, whether a
 * name is free and who gets in is never asked here.
 *
 * Every method names its tenant first and never returns another tenant's rows. Faults of the store are thrown as
 * `IndexUnavailable`.
 */
import type { Listing } from "../contracts/account.ts";
import type { ListedStatus, ListedUser } from "../contracts/user.ts";
import type { Role } from "../core/access/permissions.ts";

/** With a `-` in front: the other way round. Users without a login come before all others by `lastLogInAt`. */
export const USER_SORTS = ["createdAt", "-createdAt", "email", "-email", "lastLogInAt", "-lastLogInAt"] as const;
export type UserSort = (typeof USER_SORTS)[number];

/** The last user of a page: what it is sorted by (an empty text for no login), and the id that decides between equals. */
export type UserPosition = { readonly key: string; readonly id: string };

export type UserFilter = {
  readonly role: Role | null;
  readonly status: ListedStatus | null;
  /** Part of an address, a user name or a full name, whatever its case. */
  readonly q: string | null;
  readonly sort: UserSort;
  readonly after: UserPosition | null;
  readonly limit: number;
};

/** What of a user both the list and the directory of the tenant know. */
export type ListedName = Pick<ListedUser, "id" | "email" | "username" | "role" | "status">;

/** Where a user stands in a list that is sorted so. */
export function positionOf(user: ListedUser, sort: UserSort): UserPosition {
  const { id } = user;
  if (sort === "email" || sort === "-email") return { key: user.email, id };
  return { key: (sort === "createdAt" || sort === "-createdAt" ? user.createdAt : user.lastLogInAt) ?? "", id };
}

export interface UserIndex {
  /**
   * Shows what is told of the user, unless something with the same or a higher `seq` was told before: repeats and late
   * arrivals change nothing. A removed user leaves a number and nothing else, so that nothing late brings them back.
   */
  apply(tenant: string, userId: string, listing: Listing): Promise<void>;
  /** Not even the number stays: there is no such account. */
  forget(tenant: string, userId: string): Promise<void>;
  /** Removed users are in no list. */
  list(tenant: string, filter: UserFilter): Promise<ListedUser[]>;
  /** Users by id, from after `after` up to and including `upTo`; null for no end. At most `limit`. */
  names(tenant: string, range: { after: string; upTo: string | null; limit: number }): Promise<ListedName[]>;
}
