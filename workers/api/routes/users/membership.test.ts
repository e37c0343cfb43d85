import { describe, expect, it } from "vitest";
import { FakeAccount } from "../../fakes/accounts.ts";
import { FakeMembers } from "../../fakes/members.ts";
import { activate, changeProfile, changeRole, enter, remove, removeRemains, suspend } from "./membership.ts";

const TENANT = "ten_one1";
const newcomer = { email: "ada@example.com", username: "ada", fullName: null, permissions: [] };

async function world() {
  const members = new FakeMembers(true);
  const accounts = new Map<string, FakeAccount>();
  let count = 0;
  const deps = {
    members: () => members,
    accounts: (tenant: string, userId: string) => {
      const account = accounts.get(userId) ?? new FakeAccount(tenant, userId);
      accounts.set(userId, account);
      return account;
    },
    newUserId: () => `usr_${String((count += 1)).padStart(26, "0")}`,
  };
  const found = async (name: string, role: "admin" | "user"): Promise<string> => {
    const names = { email: `${name}@example.com`, username: name, fullName: null, permissions: [] };
    const made = await enter(deps, TENANT, { ...names, kind: "founded", role, password: "password" }, null);
    if (!made.ok) throw new Error(made.error.detail);
    return made.value.id;
  };
  const root = await found("root", "admin");
  const second = await found("second", "admin");
  const who = { tenant: TENANT, userId: second };
  /** The account stops to answer at one of its methods, once. */
  const failing = (method: "changeRole" | "suspend" | "activate" | "delete" | "create", userId = second): void => {
    const account = deps.accounts(TENANT, userId);
    Object.assign(account, {
      [method]: async () => {
        Reflect.deleteProperty(account, method);
        throw new Error("gone");
      },
    });
  };
  const admins = async (): Promise<number> => (await members.memberCounts()).activeAdmins;
  return { deps, members, accounts, found, root, second, who, failing, admins };
}

describe("M1: the directory counts no admin whose account is none, wherever a crash comes", () => {
  it("what is given reaches the account first", async () => {
    const { deps, members, found, failing } = await world();
    const ada = { tenant: TENANT, userId: await found("ada", "user") };
    failing("changeRole", ada.userId);
    await expect(changeRole(deps, ada, { role: "admin" }, null)).rejects.toThrow("gone");
    expect(await members.member(ada.userId)).toMatchObject({ role: "user" });
    expect(await changeRole(deps, ada, { role: "admin" }, null)).toMatchObject({ ok: true });
    expect(await members.member(ada.userId)).toMatchObject({ role: "admin" });
  });

  it("what is taken away leaves the directory first, and the same request again completes it", async () => {
    for (const [method, take] of [
      ["suspend", suspend],
      ["delete", remove],
      ["changeRole", (deps, who) => changeRole(deps, who, { role: "guest" }, null)],
    ] as const satisfies readonly (readonly [string, typeof suspend | typeof remove])[]) {
      const { deps, who, failing, admins } = await world();
      expect(await admins()).toBe(2);
      failing(method);
      await expect(take(deps, who)).rejects.toThrow("gone");
      expect(await admins()).toBe(1);
      expect(await take(deps, who)).toMatchObject({ ok: true });
      expect(await admins()).toBe(1);
    }
  });

  it("an activation that the directory did not hear of is repeated", async () => {
    const { deps, who, failing, admins } = await world();
    await suspend(deps, who);
    failing("activate");
    await expect(activate(deps, who)).rejects.toThrow("gone");
    expect(await admins()).toBe(1);
    await activate(deps, who);
    expect(await admins()).toBe(2);
  });

  it("the last admin stays, and a refusal of the account puts the directory back", async () => {
    const { deps, root, second, who, members } = await world();
    const stale = await changeRole(deps, who, { role: "user" }, 7);
    expect(stale).toMatchObject({ error: { code: "precondition_failed" } });
    expect(await members.member(second)).toMatchObject({ role: "admin", status: "active" });
    await suspend(deps, who);
    const last = { tenant: TENANT, userId: root };
    for (const refused of [
      await suspend(deps, last),
      await remove(deps, last),
      await changeRole(deps, last, { role: "user" }, null),
    ]) {
      expect(refused).toMatchObject({ ok: false, error: { code: "last_admin" } });
    }
    expect(await deps.accounts(TENANT, root).get()).toMatchObject({ value: { role: "admin", status: "active" } });
  });
});

describe("M2: names", () => {
  it("are given back when the account refuses them", async () => {
    const { deps, who, members } = await world();
    const refused = await changeProfile(deps, who, { email: "new@example.com", username: null }, 7);
    expect(refused).toMatchObject({ error: { code: "precondition_failed" } });
    expect(await members.member(who.userId)).toMatchObject({ email: "second@example.com", username: "second" });
    expect(await changeProfile(deps, who, { username: "root" }, null)).toMatchObject({
      error: { code: "username_taken" },
    });
    expect(await deps.accounts(TENANT, who.userId).get()).toMatchObject({ value: { username: "second" } });
  });

  it("an invitation that broke off is completed under the same key, by the same user", async () => {
    const { deps, failing, members } = await world();
    const once = { key: "inviteUser:1", fingerprint: "f" };
    const invitation = { ...newcomer, kind: "invited", invitedBy: "key_one", role: "user" } as const;
    failing("create", `usr_${"3".padStart(26, "0")}`);
    await expect(enter(deps, TENANT, invitation, once)).rejects.toThrow("gone");
    expect(await members.memberByLogin("ada")).toBeNull();
    const made = await enter(deps, TENANT, invitation, once);
    expect(made).toMatchObject({ ok: true, value: { id: `usr_${"3".padStart(26, "0")}` } });
    expect(await members.memberByLogin("ada")).toMatchObject({ status: "invited" });
  });

  it("of an account that is gone are freed; a reservation under way is not", async () => {
    const { deps, who, members } = await world();
    await deps.accounts(TENANT, who.userId).delete();
    expect(await removeRemains(deps, who)).toBe(true);
    expect(await members.member(who.userId)).toBeNull();
    const reserved = { userId: "usr_reserved", email: "r@example.com", username: null, role: "user" } as const;
    await members.reserveMember(reserved, null);
    expect(await removeRemains(deps, { tenant: TENANT, userId: "usr_reserved" })).toBe(false);
    expect(await suspend(deps, { tenant: TENANT, userId: "usr_reserved" })).toMatchObject({
      error: { code: "not_found" },
    });
  });
});
