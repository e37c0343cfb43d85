/** What every list of users does; each adapter runs it against itself. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { ListedUser } from "../../shared/contracts/user.ts";
import {
  USER_SORTS,
  positionOf,
  type UserFilter,
  type UserIndex,
  type UserSort,
} from "../../shared/ports/user-index.ts";

export const userId = (number: number): string => `usr_${String(number).padStart(26, "0")}`;

/** The user of that number: made a day after the one before, named after it. */
export const listedUser = (number: number, over: Partial<ListedUser> = {}): ListedUser => ({
  id: userId(number),
  email: `user${number}@example.com`,
  emailVerified: true,
  username: null,
  fullName: null,
  role: "user",
  status: "active",
  totp: false,
  passwordChangedAt: "2026-01-01T00:00:00.000Z",
  lastLogInAt: null,
  logIns: 0,
  createdAt: `2026-02-${String(number).padStart(2, "0")}T03:04:05.678Z`,
  ...over,
});

const ALL: UserFilter = { role: null, status: null, q: null, sort: "createdAt", after: null, limit: 100 };

let tenants = 0;

export function describeUserIndex(name: string, fixture: () => UserIndex): void {
  describe(`${name}: the list of users`, () => {
    let index: UserIndex;
    let tenant: string;
    beforeEach(() => {
      index = fixture();
      tenants += 1;
      tenant = `ten_users${tenants}`;
    });
    const tell = (number: number, seq: number, over: Partial<ListedUser> | null = {}) =>
      index.apply(tenant, userId(number), { seq, user: over === null ? null : listedUser(number, over) });
    const found = async (filter: Partial<UserFilter> = {}): Promise<number[]> =>
      (await index.list(tenant, { ...ALL, ...filter })).map(({ id }) => Number(id.slice(4)));

    test("shows a user as they were told of, to their tenant only", async () => {
      const ada = listedUser(1, {
        username: "ada",
        fullName: "Ada Lovelace 🦉",
        role: "admin",
        status: "suspended",
        totp: true,
        emailVerified: false,
        passwordChangedAt: null,
        lastLogInAt: "2026-03-01T23:59:59.999Z",
        logIns: 7,
      });
      await index.apply(tenant, ada.id, { seq: 3, user: ada });
      expect(await index.list(tenant, ALL)).toEqual([ada]);
      expect(await index.list(`${tenant}x`, ALL)).toEqual([]);
      expect(await index.names(`${tenant}x`, { after: "", upTo: null, limit: 9 })).toEqual([]);
    });

    test("takes a number once: repeats and what comes late change nothing", async () => {
      await tell(1, 5, { role: "admin" });
      await tell(1, 5, { role: "guest" });
      await tell(1, 4, { role: "guest" });
      expect(await index.list(tenant, ALL)).toEqual([listedUser(1, { role: "admin" })]);
      await tell(1, 6, { role: "guest" });
      expect(await index.list(tenant, ALL)).toEqual([listedUser(1, { role: "guest" })]);
    });

    test("removes a user for good, whatever comes late; a forgotten one may come again", async () => {
      await tell(1, 1);
      await tell(2, 1);
      await tell(1, 3, null);
      await tell(1, 2);
      expect(await found()).toEqual([2]);
      expect(await index.names(tenant, { after: "", upTo: null, limit: 9 })).toMatchObject([{ id: userId(2) }]);
      await index.forget(tenant, userId(1));
      await index.forget(tenant, userId(1));
      await tell(1, 2);
      expect(await found()).toEqual([1, 2]);
    });

    test("is the same whatever the order and the number of the messages", async () => {
      const told = [1, 2, 3, 4, 5].map((seq) => ({
        seq,
        user: seq === 3 ? null : listedUser(1, { logIns: seq, fullName: `Name ${seq}` }),
      }));
      const orders = fc.sample(fc.array(fc.nat({ max: 4 }), { minLength: 4, maxLength: 12 }), { seed: 7, numRuns: 20 });
      for (const order of orders) {
        await index.forget(tenant, userId(1));
        for (const each of order) await index.apply(tenant, userId(1), told[each] ?? { seq: 0, user: null });
        const last = told[Math.max(...order)];
        expect(await index.list(tenant, ALL)).toEqual(last?.user === null ? [] : [last?.user]);
      }
    });

    test("filters by role, status, and part of an address or name in any case", async () => {
      await tell(1, 1, { role: "admin", fullName: "Émile Zola" });
      await tell(2, 1, { status: "invited", username: "grace-h" });
      await tell(3, 1, { role: "admin", status: "suspended", email: "ada_100%@example.com" });
      expect(await found({ role: "admin" })).toEqual([1, 3]);
      expect(await found({ status: "invited" })).toEqual([2]);
      expect(await found({ role: "admin", status: "suspended" })).toEqual([3]);
      for (const [q, numbers] of [
        ["GRACE", [2]],
        ["émile", [1]],
        ["user1@", [1]],
        ["_100%", [3]],
        ["%", [3]],
        ["\\", []],
        ["'; drop table users", []],
        ["nobody", []],
      ] as const) {
        expect(await found({ q }), q).toEqual(numbers);
      }
    });

    test("sorts both ways, with equals by id", async () => {
      const same = { email: "same@example.com", createdAt: "2026-02-03T00:00:00.000Z" };
      await tell(1, 1, { lastLogInAt: "2026-05-01T00:00:00.000Z", email: "b@example.com" });
      await tell(2, 1, same);
      await tell(3, 1, { ...same, lastLogInAt: "2026-04-01T00:00:00.000Z" });
      await tell(4, 1, { email: "a_b@example.com" });
      const orders: Record<UserSort, number[]> = {
        createdAt: [1, 2, 3, 4],
        "-createdAt": [4, 3, 2, 1],
        email: [4, 1, 2, 3],
        "-email": [3, 2, 1, 4],
        lastLogInAt: [2, 4, 3, 1],
        "-lastLogInAt": [1, 3, 4, 2],
      };
      for (const sort of USER_SORTS) expect(await found({ sort }), sort).toEqual(orders[sort]);
    });

    test.each(USER_SORTS)("page by page by %s: everybody once, in the order of one page", async (sort) => {
      const day = (number: number) => `2026-02-0${1 + (number % 3)}T00:00:00.000Z`;
      for (let number = 1; number <= 9; number += 1) {
        await tell(number, 1, {
          createdAt: day(number),
          lastLogInAt: number % 4 === 0 ? null : day(number + 1),
          email: `name${number % 4}@example.com`,
        });
      }
      const whole = await index.list(tenant, { ...ALL, sort });
      const paged: ListedUser[] = [];
      for (;;) {
        const last = paged.at(-1);
        const after = last === undefined ? null : positionOf(last, sort);
        const page = await index.list(tenant, { ...ALL, sort, after, limit: 2 });
        if (page.length === 0) break;
        paged.push(...page);
      }
      expect(whole).toHaveLength(9);
      expect(paged).toEqual(whole);
    });

    test("names users by id, within a range", async () => {
      for (const number of [4, 1, 3, 2]) await tell(number, 1);
      const named = async (after: number, upTo: number | null, limit = 9) =>
        (await index.names(tenant, { after: userId(after), upTo: upTo === null ? null : userId(upTo), limit })).map(
          ({ id }) => Number(id.slice(4)),
        );
      expect(await named(0, null)).toEqual([1, 2, 3, 4]);
      expect(await named(1, 3)).toEqual([2, 3]);
      expect(await named(0, null, 3)).toEqual([1, 2, 3]);
      expect(await index.names(tenant, { after: userId(3), upTo: null, limit: 1 })).toEqual([
        { id: userId(4), email: "user4@example.com", username: null, role: "user", status: "active" },
      ]);
    });
  });
}
