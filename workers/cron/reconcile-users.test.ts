import { afterEach, describe, expect, it, vi } from "vitest";
import { listedUser, userId } from "../../test/contracts/user-index.contract.ts";
import type { Member, UserSweepPosition } from "../../shared/contracts/tenant.ts";
import { IndexUnavailable } from "../../shared/ports/asset-index.ts";
import { FakeUserIndex } from "../api/fakes/user-index.ts";
import { sweepUsers } from "./reconcile-users.ts";

const memberOf = (number: number, over: Partial<Member> = {}): Member => {
  const { id, email, username, role } = listedUser(number);
  return { userId: id, email, username, role, status: "active", ...over };
};

/** Tenants with their members; accounts of `broken` users do not answer, and those of `never` were never made. */
function system(
  tenants: Readonly<Record<string, readonly Member[]>>,
  { broken = [], never = [], pageMs = 0 } = {} as {
    broken?: readonly string[];
    never?: readonly string[];
    pageMs?: number;
  },
) {
  const users = new FakeUserIndex();
  const told: string[] = [];
  let nowMs = 0;
  let kept: UserSweepPosition | null = null;
  const names = Object.keys(tenants).toSorted();
  const run = () =>
    sweepUsers({
      users,
      now: () => nowMs,
      nextTenant: async (after) => names.find((name) => after === null || name > after) ?? null,
      members: async (tenant, { after, limit }) => {
        nowMs += pageMs;
        if (tenant === "ten_broken") throw new Error("no answer");
        return (tenants[tenant] ?? []).filter((each) => each.userId > (after ?? "")).slice(0, limit);
      },
      relist: async (tenant, id) => {
        if (broken.includes(id)) throw new Error("no answer");
        told.push(`${tenant} ${id}`);
        return !never.includes(id);
      },
      position: async () => kept,
      keepPosition: async (position) => {
        kept = position;
      },
    });
  return { users, told, run, position: () => kept };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the sweep over users", () => {
  it("has those told again whom the list lacks, shows otherwise, or shows though they are no members", async () => {
    const { users, told, run } = system(
      {
        ten_a: [memberOf(1), memberOf(2), memberOf(3, { status: "inactive" }), memberOf(4, { role: "admin" })],
        ten_b: [memberOf(1, { email: "other@example.com" }), memberOf(2, { username: "two" })],
      },
      { never: [userId(7)] },
    );
    await users.apply("ten_a", userId(1), { seq: 1, user: listedUser(1) });
    await users.apply("ten_a", userId(3), { seq: 1, user: listedUser(3, { status: "suspended" }) });
    await users.apply("ten_a", userId(4), { seq: 1, user: listedUser(4) });
    await users.apply("ten_a", userId(6), { seq: 1, user: listedUser(6) });
    await users.apply("ten_a", userId(7), { seq: 1, user: listedUser(7) });
    await users.apply("ten_b", userId(1), { seq: 1, user: listedUser(1) });
    await users.apply("ten_b", userId(2), { seq: 1, user: listedUser(2, { username: "two" }) });
    expect(await run()).toEqual({ told: 5, failed: 0, unfinished: false });
    expect(told.toSorted()).toEqual([
      `ten_a ${userId(2)}`,
      `ten_a ${userId(4)}`,
      `ten_a ${userId(6)}`,
      `ten_a ${userId(7)}`,
      `ten_b ${userId(1)}`,
    ]);
    const left = await users.names("ten_a", { after: "", upTo: null, limit: 9 });
    expect(left.map(({ id }) => id)).toEqual([1, 3, 4, 6].map(userId));
  });

  it("R1: many pages, each user once; a row of the next page is not missed in this one", async () => {
    const members = Array.from({ length: 450 }, (_each, at) => memberOf(at + 1));
    const { users, told, run } = system({ ten_a: members, ten_b: members });
    for (const each of [200, 201, 400]) await users.apply("ten_a", userId(each), { seq: 1, user: listedUser(each) });
    expect(await run()).toEqual({ told: 897, failed: 0, unfinished: false });
    expect(new Set(told).size).toBe(897);
  });

  it("R1: when the time is up, the next sweep begins where this one ended, and the one after the last starts over", async () => {
    const members = Array.from({ length: 450 }, (_each, at) => memberOf(at + 1));
    // Two minutes a page: 240 s are over after the third.
    const { told, run, position } = system({ ten_a: members, ten_b: members }, { pageMs: 120_000 });
    expect(await run()).toEqual({ told: 450, failed: 0, unfinished: true });
    expect(position()).toEqual({ tenant: "ten_b", after: "" });
    expect(await run()).toEqual({ told: 450, failed: 0, unfinished: false });
    expect(new Set(told).size).toBe(900);
    expect(position()).toBeNull();
    expect((await run()).told).toBe(450);
  });

  it("R1: no more than a hundred pages a tick", async () => {
    const names = Array.from({ length: 120 }, (_each, at) => `ten_${String(at).padStart(3, "0")}`);
    const { told, run } = system(Object.fromEntries(names.map((name) => [name, [memberOf(1)]])));
    expect(await run()).toEqual({ told: 100, failed: 0, unfinished: true });
    expect(await run()).toEqual({ told: 20, failed: 0, unfinished: false });
    expect(new Set(told).size).toBe(120);
  });

  it("R2: a tenant or user that does not answer keeps no other from it; a database that is away ends the round", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue(undefined);
    const tenants = { ten_a: [memberOf(1), memberOf(2)], ten_broken: [memberOf(1)], ten_c: [memberOf(3)] };
    const { users, told, run } = system(tenants, { broken: [userId(1)] });
    expect(await run()).toEqual({ told: 2, failed: 2, unfinished: false });
    expect(told).toEqual([`ten_a ${userId(2)}`, `ten_c ${userId(3)}`]);
    expect(log).toHaveBeenCalledTimes(2);
    vi.spyOn(users, "names").mockRejectedValue(new IndexUnavailable("away"));
    await expect(run()).rejects.toBeInstanceOf(IndexUnavailable);
  });
});
