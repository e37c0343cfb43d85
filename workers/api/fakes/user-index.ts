import type { Listing } from "../../../shared/contracts/account.ts";
import type { ListedUser } from "../../../shared/contracts/user.ts";
import { positionOf, type UserFilter, type UserIndex } from "../../../shared/ports/user-index.ts";

/** The list of users in memory. */
export class FakeUserIndex implements UserIndex {
  readonly #listings = new Map<string, Map<string, Listing>>();

  async apply(tenant: string, userId: string, listing: Listing) {
    const kept = this.#of(tenant).get(userId);
    if (kept === undefined || kept.seq < listing.seq) this.#of(tenant).set(userId, listing);
  }

  async forget(tenant: string, userId: string) {
    this.#of(tenant).delete(userId);
  }

  async list(tenant: string, { role, status, q, sort, after, limit }: UserFilter) {
    const way = sort.startsWith("-") ? -1 : 1;
    const order = (a: { key: string; id: string }, b: { key: string; id: string }): number =>
      way * (compare(a.key, b.key) || compare(a.id, b.id));
    return this.#users(tenant)
      .filter((user) => (role ?? user.role) === user.role && (status ?? user.status) === user.status)
      .filter(({ email, username, fullName }) =>
        [email, username, fullName].some((text) => text?.toLowerCase().includes(q?.toLowerCase() ?? "") ?? false),
      )
      .toSorted((a, b) => order(positionOf(a, sort), positionOf(b, sort)))
      .filter((user) => after === null || order(positionOf(user, sort), after) > 0)
      .slice(0, limit);
  }

  async names(tenant: string, { after, upTo, limit }: { after: string; upTo: string | null; limit: number }) {
    return this.#users(tenant)
      .toSorted((a, b) => compare(a.id, b.id))
      .filter(({ id }) => id > after && (upTo === null || id <= upTo))
      .slice(0, limit)
      .map(({ id, email, username, role, status }) => ({ id, email, username, role, status }));
  }

  #of(tenant: string): Map<string, Listing> {
    const listings = this.#listings.get(tenant) ?? new Map<string, Listing>();
    this.#listings.set(tenant, listings);
    return listings;
  }

  #users = (tenant: string): ListedUser[] =>
    [...this.#of(tenant).values()].flatMap(({ user }) => (user === null ? [] : [user]));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
