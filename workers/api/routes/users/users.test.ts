import { beforeEach, describe, expect, it, vi } from "vitest";
import { permissionsOf } from "../../../../shared/core/access/permissions.ts";
import { ADMIN_TOKEN, makeWorld } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

type Answered = Record<string, unknown>;
const json = async (response: Response): Promise<Answered> => (await response.json()) as Answered;
const codeOf = async (response: Response): Promise<unknown> => [response.status, (await json(response))["code"]];

async function world() {
  const made = makeWorld();
  const root = await made.found("root", "admin");
  const ada = await made.found("ada");
  const send = (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
    key = ADMIN_TOKEN,
  ) =>
    made.call(`/v1/users${path}`, {
      method,
      key,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const memberOf = (userId: string) => made.membersOf("ten_one1").member(userId);
  const enter = async (name: string): Promise<string> => {
    const answer = await made.post("/v1/auth/login", {
      tenant: "ten_one1",
      login: name,
      password: `${name}-password`,
    });
    return String((await json(answer))["accessToken"]);
  };
  /** Of a user who may manage users, and nothing else beside what every user may. */
  const manager = async (): Promise<string> => {
    const meg = await made.found("meg");
    const granted = ["users:read", "users:manage"] as const;
    await made.accountOf("ten_one1", meg).changeRole({ role: "user", permissions: [...granted] }, null);
    return enter("meg");
  };
  return { ...made, root, ada, send, memberOf, enter, manager, account: made.accountOf("ten_one1", ada) };
}

describe("POST /v1/users", () => {
  const eve = { email: "Eve@example.com", role: "user", permissions: ["audit:read"] };

  it("accepts: an invitation, which its owner accepts once and logs in with", async () => {
    const { send, memberOf, accountOf, post, auditOf } = await world();
    const made = await send("POST", "", eve);
    const view = await json(made);
    const id = String(view["id"]);
    expect([made.status, made.headers.get("location"), made.headers.get("etag")]).toEqual([
      201,
      `/v1/users/${id}`,
      '"v1"',
    ]);
    expect(view).toMatchObject({ email: "eve@example.com", status: "invited", permissions: ["audit:read"] });
    expect(await memberOf(id)).toMatchObject({ status: "invited", role: "user" });
    expect(auditOf("ten_one1").entries.at(-1)).toMatchObject({
      type: "user.invited",
      data: { resource: { type: "user", id }, after: { role: "user" } },
    });
    const accept = { token: accountOf("ten_one1", id).mailed[0], password: "eve-password" };
    expect((await post("/v1/auth/accept-invitation", accept)).status).toBe(200);
    expect(await codeOf(await post("/v1/auth/accept-invitation", accept))).toEqual([401, "invalid_token"]);
    expect(await memberOf(id)).toMatchObject({ status: "active" });
    const credentials = { tenant: "ten_one1", login: "eve@example.com", password: "eve-password" };
    expect((await post("/v1/auth/login", credentials)).status).toBe(200);
  });

  it("takes effect once under an Idempotency-Key, also when the user has been active since", async () => {
    const { send, memberOf, membersOf } = await world();
    const key = { "idempotency-key": "one" };
    const first = await json(await send("POST", "", eve, key));
    await membersOf("ten_one1").updateMember(String(first["id"]), { status: "active" });
    const again = await send("POST", "", eve, key);
    expect([again.status, again.headers.get("idempotent-replayed"), await json(again)]).toEqual([201, "true", first]);
    expect(await memberOf(String(first["id"]))).toMatchObject({ status: "active" });
    expect(await codeOf(await send("POST", "", { ...eve, role: "guest" }, key))).toEqual([422, "idempotency_conflict"]);
  });

  it("refuses: names that are taken, addresses that are none, permissions of the platform", async () => {
    const { send } = await world();
    expect(await codeOf(await send("POST", "", { ...eve, email: "ada@example.com" }))).toEqual([409, "email_taken"]);
    expect(await codeOf(await send("POST", "", { ...eve, username: "ada" }))).toEqual([409, "username_taken"]);
    for (const wrong of [{ email: "eve" }, { role: "root" }, { permissions: ["platform:operate"] }]) {
      expect(await codeOf(await send("POST", "", { ...eve, ...wrong }))).toEqual([422, "invalid_request"]);
    }
  });

  it("who may: nobody gives more than they have", async () => {
    const { send, manager } = await world();
    const key = await manager();
    const by = (body: object) => send("POST", "", body, {}, key);
    expect((await by({ email: "a@example.com", role: "user" })).status).toBe(201);
    const refused = await by({ email: "b@example.com", role: "user", permissions: ["audit:read"] });
    expect([refused.status, await json(refused)]).toMatchObject([403, { required_permissions: ["audit:read"] }]);
    const admin = await json(await by({ email: "b@example.com", role: "admin" }));
    const missing = permissionsOf("ten_one1", "admin", []).filter(
      (each) => ![...permissionsOf("ten_one1", "user", []), "users:read", "users:manage"].includes(each),
    );
    expect(admin["required_permissions"]).toEqual(missing);
  });
});

describe("GET /v1/users", () => {
  it("accepts: page by page, filtered and sorted; nobody sees the users of another tenant", async () => {
    const { send, root, ada, found } = await world();
    const other = await found("zoe", "user", "ten_two2");
    const first = await json(await send("GET", "?limit=1"));
    expect(first["users"]).toEqual([
      {
        id: root,
        email: "root@example.com",
        emailVerified: true,
        username: "root",
        fullName: null,
        role: "admin",
        status: "active",
        totp: false,
        passwordChangedAt: null,
        lastLogInAt: null,
        logIns: 0,
        createdAt: "2026-01-02T03:04:05.000Z",
      },
    ]);
    const second = await json(await send("GET", `?limit=1&cursor=${String(first["next"])}`));
    expect(second).toMatchObject({ users: [{ id: ada }], next: null });
    expect(await json(await send("GET", "?role=user"))).toMatchObject({ users: [{ id: ada }] });
    expect(await json(await send("GET", "?status=invited"))).toEqual({ users: [], next: null });
    expect(await json(await send("GET", "?q=ADA%40"))).toMatchObject({ users: [{ id: ada }] });
    const backwards = await json(await send("GET", "?sort=-email&limit=1"));
    expect(backwards["users"]).toMatchObject([{ id: root }]);
    const rest = await json(await send("GET", `?sort=-email&limit=1&cursor=${String(backwards["next"])}`));
    expect(rest).toMatchObject({ users: [{ id: ada }], next: null });
    const two = await json(await send("GET", "", undefined, {}, "key-of-two"));
    expect(two).toMatchObject({ users: [{ id: other }] });
  });

  it("refuses: a limit, filter or cursor that is none, and a cursor of another filter", async () => {
    const { send } = await world();
    for (const query of ["?limit=0", "?limit=101", "?role=root", "?status=deleted", "?sort=role", "?q=", "?q=%20"]) {
      expect((await send("GET", query)).status).toBe(422);
    }
    const { next } = await json(await send("GET", "?limit=1"));
    const cursor = String(next);
    for (const query of ["?cursor=x.y", `?role=user&limit=1&cursor=${cursor}`, `?sort=email&cursor=${cursor}`]) {
      expect(await codeOf(await send("GET", query))).toEqual([422, "invalid_cursor"]);
    }
  });
});

describe("one user", () => {
  it("accepts: is read and changed in the version that was read; an unchanged one is not sent again", async () => {
    const { send, ada, memberOf } = await world();
    const read = await send("GET", `/${ada}`);
    expect([read.status, read.headers.get("etag")]).toEqual([200, '"v1"']);
    expect((await send("GET", `/${ada}`, undefined, { "if-none-match": '"v1"' })).status).toBe(304);
    const changed = await send("PUT", `/${ada}`, { email: "new@example.com" }, { "if-match": '"v1"' });
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, '"v2"']);
    expect(await memberOf(ada)).toMatchObject({ email: "new@example.com" });
    const stale = await send("PUT", `/${ada}`, { email: "newer@example.com" }, { "if-match": '"v1"' });
    expect(await codeOf(stale)).toEqual([412, "precondition_failed"]);
    expect(await memberOf(ada)).toMatchObject({ email: "new@example.com" });
  });

  it("accepts: a role counts in open sessions, and in the directory", async () => {
    const { send, ada, memberOf, enter, call, auditOf } = await world();
    const key = await enter("ada");
    expect((await call("/v1/users", { key })).status).toBe(403);
    expect((await send("PUT", `/${ada}/role`, { role: "admin" })).status).toBe(200);
    expect((await call("/v1/users", { key })).status).toBe(200);
    expect(await memberOf(ada)).toMatchObject({ role: "admin" });
    expect(auditOf("ten_one1").entries.at(-1)).toMatchObject({
      type: "access.permission_changed",
      data: { before: { role: "user" }, after: { role: "admin" } },
    });
    const stale = await send("PUT", `/${ada}/role`, { role: "guest" }, { "if-match": '"v1"' });
    expect(await codeOf(stale)).toEqual([412, "precondition_failed"]);
    expect(await memberOf(ada)).toMatchObject({ role: "admin" });
  });

  it("accepts: suspended, nobody gets in; activated, the password does; unlocked, before the time", async () => {
    const { send, ada, memberOf, enter, call, post, auditOf } = await world();
    const key = await enter("ada");
    expect(await json(await send("POST", `/${ada}/suspend`))).toMatchObject({ status: "suspended" });
    expect(auditOf("ten_one1").entries.at(-1)).toMatchObject({
      type: "user.changed",
      data: { resource: { type: "user", id: ada }, before: { status: "active" }, after: { status: "suspended" } },
    });
    expect(await memberOf(ada)).toMatchObject({ status: "inactive" });
    expect((await call("/v1/auth/me", { key })).status).toBe(401);
    expect(await json(await send("POST", `/${ada}/activate`))).toMatchObject({ status: "active" });
    expect(await memberOf(ada)).toMatchObject({ status: "active" });
    const logIn = async (password: string) =>
      (await post("/v1/auth/login", { tenant: "ten_one1", login: "ada", password })).status;
    for (let i = 0; i < 5; i += 1) await logIn("wrong");
    expect(await logIn("ada-password")).toBe(423);
    expect((await send("POST", `/${ada}/unlock`)).status).toBe(200);
    expect(await logIn("ada-password")).toBe(200);
  });

  it("accepts: a voided password opens nothing, and the mailed token sets another", async () => {
    const { send, ada, enter, call, post, account } = await world();
    const key = await enter("ada");
    expect((await send("POST", `/${ada}/reset-password`)).status).toBe(200);
    expect((await call("/v1/auth/me", { key })).status).toBe(401);
    const logIn = async (password: string) =>
      (await post("/v1/auth/login", { tenant: "ten_one1", login: "ada", password })).status;
    expect(await logIn("ada-password")).toBe(401);
    const reset = { token: account.mailed.at(-1), password: "another-password" };
    expect((await post("/v1/auth/reset-password", reset)).status).toBe(204);
    expect(await logIn("another-password")).toBe(200);
  });

  it("accepts: sessions are listed and ended by an admin", async () => {
    const { send, ada, enter, call } = await world();
    const key = await enter("ada");
    await enter("ada");
    expect((await json(await send("GET", `/${ada}/sessions`)))["sessions"]).toHaveLength(2);
    expect(await json(await send("DELETE", `/${ada}/sessions`))).toEqual({ ended: 2 });
    expect((await call("/v1/auth/me", { key })).status).toBe(401);
  });

  it("accepts: removed, the names are free; what a crash has left in the directory is removed by asking again", async () => {
    const { send, ada, memberOf, account } = await world();
    expect((await send("DELETE", `/${ada}`)).status).toBe(204);
    expect(await memberOf(ada)).toBeNull();
    expect(await codeOf(await send("DELETE", `/${ada}`))).toEqual([404, "not_found"]);
    const again = await json(await send("POST", "", { email: "ada@example.com", role: "user" }));
    const id = String(again["id"]);
    expect(id).not.toBe(ada);
    expect(await account.get()).toMatchObject({ error: { code: "not_found" } });
    const left = await world();
    await left.account.delete();
    expect((await left.send("DELETE", `/${left.ada}`)).status).toBe(204);
    expect(await left.memberOf(left.ada)).toBeNull();
  });

  it("refuses: to leave the tenant without an active admin", async () => {
    const { send, root, memberOf } = await world();
    for (const answer of [
      await send("PUT", `/${root}/role`, { role: "user" }),
      await send("POST", `/${root}/suspend`),
      await send("DELETE", `/${root}`),
    ]) {
      expect(await codeOf(answer)).toEqual([409, "last_admin"]);
    }
    expect(await memberOf(root)).toMatchObject({ role: "admin", status: "active" });
  });

  const changes = [
    ["PUT", "", { fullName: "X" }],
    ["PUT", "/role", { role: "guest" }],
    ["POST", "/suspend", undefined],
    ["POST", "/activate", undefined],
    ["POST", "/unlock", undefined],
    ["POST", "/reset-password", undefined],
    ["DELETE", "/sessions", undefined],
    ["DELETE", "", undefined],
  ] as const;

  it.each(changes)("who may: %s %s is refused by another tenant, a reader, and on who may more", async (...change) => {
    const [method, rest, body] = change;
    const { send, ada, root, manager, memberOf, account } = await world();
    const before = [await memberOf(ada), await account.get()];
    const at = (id: string, key: string) => send(method, `/${id}${rest}`, body, {}, key);
    expect(await codeOf(await at(ada, "key-of-two"))).toEqual([404, "not_found"]);
    expect(await codeOf(await at(ada, "key-to-read"))).toEqual([403, "forbidden"]);
    const key = await manager();
    expect(await codeOf(await at(root, key))).toEqual([403, "forbidden"]);
    expect([await memberOf(ada), await account.get()]).toEqual(before);
    expect((await at(ada, key)).status).toBeLessThan(300);
  });

  it("who may: nobody makes themselves an admin", async () => {
    const { send, manager, membersOf } = await world();
    const key = await manager();
    const meg = (await membersOf("ten_one1").memberByLogin("meg"))?.userId ?? "";
    const answer = await send("PUT", `/${meg}/role`, { role: "admin" }, {}, key);
    expect(await codeOf(answer)).toEqual([403, "forbidden"]);
    expect(await membersOf("ten_one1").member(meg)).toMatchObject({ role: "user" });
  });
});
