import { beforeEach, describe, expect, it, vi } from "vitest";
import { codeOf, json, world } from "../../fakes/signed-up.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

describe("passwords", () => {
  it("accepts: a change ends the other sessions", async () => {
    const { enter, post, call, logIn } = await world();
    const [other, mine] = [await enter(), await enter()];
    const change = { currentPassword: "ada-password", newPassword: "another-password" };
    expect((await post("change-password", change, mine.key)).status).toBe(204);
    expect((await call("/v1/auth/me", { key: other.key })).status).toBe(401);
    expect((await call("/v1/auth/me", { key: mine.key })).status).toBe(200);
    expect((await logIn()).status).toBe(401);
    expect((await logIn({ password: "another-password" })).status).toBe(200);
  });

  it("refuses: a change with a wrong current password, or to a weak one", async () => {
    const { enter, post } = await world();
    const { key } = await enter();
    const change = (currentPassword: string, newPassword: string) =>
      post("change-password", { currentPassword, newPassword }, key);
    expect(await codeOf(await change("wrong", "another-password"))).toEqual([401, "invalid_credentials"]);
    expect(await codeOf(await change("ada-password", "weak"))).toEqual([422, "weak_password"]);
  });

  it("a reset: asked for alike with and without an account, redeemed once, and it ends sessions", async () => {
    const { enter, post, call, logIn, account, audits, auditOf } = await world();
    const { key } = await enter();
    for (const [tenant, email] of [
      ["ten_one1", "ada@example.com"],
      ["ten_one1", "nobody@example.com"],
      ["ten_none", "ada@example.com"],
    ]) {
      const asked = await post("request-password-reset", { tenant, email });
      expect([asked.status, await asked.text()]).toEqual([202, ""]);
    }
    expect(account.mailed).toHaveLength(1);
    expect(
      auditOf("ten_one1")
        .entries.slice(-2)
        .map(({ type }) => type),
    ).toEqual(["request.made", "request.made"]);
    expect([...audits.keys()].toSorted()).toEqual(["ten_one1", "ten_platform"]);
    const reset = { token: account.mailed[0], password: "another-password" };
    expect(await codeOf(await post("reset-password", { ...reset, password: "weak" }))).toEqual([422, "weak_password"]);
    expect((await post("reset-password", reset)).status).toBe(204);
    expect(await codeOf(await post("reset-password", reset))).toEqual([401, "invalid_token"]);
    expect((await call("/v1/auth/me", { key })).status).toBe(401);
    expect((await logIn({ password: "another-password" })).status).toBe(200);
  });

  it("are judged without being kept, and without a row in the audit log", async () => {
    const { post, audits } = await world();
    const judge = async (body: object) => json(await post("validate-password", body));
    expect(await judge({ password: "Correct-Horse-7-Staple" })).toEqual({
      accepted: true,
      problems: [],
      strength: "strong",
    });
    expect(await judge({ password: "9!CounTess#k", username: "countess" })).toMatchObject({
      accepted: false,
      problems: ["contains_name"],
    });
    expect([...audits.keys()]).toEqual([]);
  });
});

describe("/v1/auth/me", () => {
  it("accepts: a change of the version that was read, and the new names log in", async () => {
    const { enter, call, send, logIn } = await world();
    const { key } = await enter();
    const etag = (await call("/v1/auth/me", { key })).headers.get("etag") ?? "";
    expect(etag).toBe('"v1"');
    expect((await call("/v1/auth/me", { key, headers: { "if-none-match": etag } })).status).toBe(304);
    const put = (body: object, tag: string) =>
      call("/v1/auth/me", {
        method: "PUT",
        key,
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", "if-match": tag },
      });
    const changed = await put({ username: "Countess", fullName: "Ada King" }, etag);
    expect([changed.status, changed.headers.get("etag"), await json(changed)]).toMatchObject([
      200,
      '"v2"',
      { username: "countess", fullName: "Ada King" },
    ]);
    expect(await codeOf(await put({ username: "other" }, etag))).toEqual([412, "precondition_failed"]);
    expect((await logIn({ login: "countess" })).status).toBe(200);
    expect((await logIn({ login: "other" })).status).toBe(401);
    expect((await send("PUT", "me", { username: null }, key)).status).toBe(200);
    expect((await logIn({ login: "countess" })).status).toBe(401);
  });

  it("refuses: a name that another member has, and a role", async () => {
    const { enter, found, send } = await world();
    await found("bob");
    const { key } = await enter();
    const currentPassword = "ada-password";
    expect(await codeOf(await send("PUT", "me", { email: "BOB@example.com", currentPassword }, key))).toEqual([
      409,
      "email_taken",
    ]);
    expect(await codeOf(await send("PUT", "me", { username: "bob" }, key))).toEqual([409, "username_taken"]);
    expect(await codeOf(await send("PUT", "me", { role: "admin" }, key))).toEqual([422, "invalid_request"]);
  });

  it("refuses: a new address without the password, which a stolen session does not have", async () => {
    const { enter, send, call } = await world();
    const { key } = await enter();
    for (const proof of [{}, { currentPassword: "wrong" }]) {
      const refused = await send("PUT", "me", { email: "thief@example.com", ...proof }, key);
      expect([refused.status, await json(refused)]).toMatchObject([
        401,
        { code: "invalid_credentials", errors: [{ pointer: "/currentPassword" }] },
      ]);
    }
    expect(await json(await call("/v1/auth/me", { key }))).toMatchObject({ email: "ada@example.com" });
    const moved = await send("PUT", "me", { email: "countess@example.com", currentPassword: "ada-password" }, key);
    expect([moved.status, await json(moved)]).toMatchObject([200, { email: "countess@example.com" }]);
  });
});
