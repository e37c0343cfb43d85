import { beforeEach, describe, expect, it, vi } from "vitest";
import { createLimits } from "../../../access/limits/limits.ts";
import { TOTP } from "../../fakes/accounts.ts";
import { codeOf, json, world } from "../../fakes/signed-up.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

describe("POST /v1/auth/login", () => {
  it("refuses: a password that is too old, with a token that sets another, once; it counts as no guess", async () => {
    const { logIn, post, account, auditOf } = await world();
    account.isExpired = true;
    const answer = await logIn();
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([403, "no-store"]);
    const { code, changeToken } = await json(answer);
    expect(code).toBe("password_expired");
    const change = { token: changeToken, password: "another-password" };
    expect((await post("reset-password", change)).status).toBe(204);
    expect(await codeOf(await post("reset-password", change))).toEqual([401, "invalid_token"]);
    expect((await logIn({ password: "another-password" })).status).toBe(200);
    const rows = auditOf("ten_one1").entries;
    expect(rows.map(({ type }) => type)).toEqual(["auth.login_failed", "auth.password_changed", "auth.login"]);
    expect(JSON.stringify(rows)).not.toContain(String(changeToken).slice(-40));
  });

  it("accepts: either name, in any case, and answers with the tokens of a session that open the account", async () => {
    const { logIn, call, ada, auditOf } = await world();
    for (const login of ["ada", " ADA@example.com "]) {
      const answer = await logIn({ login });
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
      const body = await json(answer);
      expect(body).toMatchObject({
        tokenType: "Bearer",
        expiresInSeconds: 1800,
        sessionExpiresAt: "2026-01-02T11:04:05.000Z",
        tenant: "ten_one1",
        userId: ada,
        role: "user",
      });
      const me = await call("/v1/auth/me", { key: String(body["accessToken"]) });
      expect([me.status, await json(me)]).toMatchObject([200, { id: ada, email: "ada@example.com" }]);
    }
    const rows = auditOf("ten_one1").entries;
    expect(rows[0]).toMatchObject({ type: "auth.login", data: { actor: { kind: "user", id: ada } } });
    expect(JSON.stringify(rows)).not.toContain("ada-password");
  });

  it("refuses: alike whether the login is known, the password wrong or the tenant none, up to the lock", async () => {
    const { post } = await world();
    const attempts = [
      { tenant: "ten_one1", login: "ada", password: "wrong" },
      { tenant: "ten_one1", login: "nobody@example.com", password: "wrong" },
      { tenant: "ten_none", login: "ada", password: "wrong" },
    ];
    for (let failure = 1; failure <= 6; failure += 1) {
      const answers = await Promise.all(
        attempts.map(async (attempt) => {
          const answer = await post("login", attempt);
          const { requestId: _, ...body } = await json(answer);
          const headers = [...answer.headers].filter(([name]) => name !== "x-request-id" && name !== "traceparent");
          return { status: answer.status, headers, body };
        }),
      );
      const locked = failure > 5;
      expect(answers[0]).toMatchObject({
        status: locked ? 423 : 401,
        body: { code: locked ? "account_locked" : "invalid_credentials" },
      });
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[2]).toEqual(answers[0]);
    }
  });

  it("refuses: in the log of its tenant, and of no tenant that is not there", async () => {
    const { post, auditOf, audits, ada } = await world();
    await post("login", { tenant: "ten_one1", login: "ada", password: "wrong" });
    await post("login", { tenant: "ten_none", login: "ada", password: "wrong" });
    const rows = auditOf("ten_one1").entries;
    expect(rows).toMatchObject([{ type: "auth.login_failed", data: { actor: { id: ada }, outcome: "refused" } }]);
    expect([...audits.keys()].toSorted()).toEqual(["ten_one1", "ten_platform"]);
  });

  it("refuses: an account or a tenant that is not active, and leaves no session behind", async () => {
    const { logIn, account, membersOf } = await world();
    membersOf("ten_one1").active = false;
    expect(await codeOf(await logIn())).toEqual([403, "tenant_suspended"]);
    expect(await account.sessions()).toMatchObject({ value: { sessions: [] } });
    membersOf("ten_one1").active = true;
    await account.suspend();
    expect(await codeOf(await logIn())).toEqual([403, "account_not_active"]);
  });

  it("asks for the second factor once it is confirmed, and takes a recovery code once", async () => {
    const { logIn, post, send, enter } = await world();
    const { key } = await enter();
    expect((await post("totp", { password: "ada-password" }, key)).status).toBe(200);
    expect((await logIn()).status).toBe(200);
    const { recoveryCodes } = await json(await post("totp/confirm", { code: TOTP }, key));
    expect(recoveryCodes).toHaveLength(10);
    const [recoveryCode] = recoveryCodes as string[];
    expect(await codeOf(await logIn())).toEqual([401, "totp_required"]);
    expect((await logIn({ totp: TOTP })).status).toBe(200);
    expect((await logIn({ recoveryCode })).status).toBe(200);
    expect(await codeOf(await logIn({ recoveryCode }))).toEqual([401, "invalid_credentials"]);
    const renewed = await json(await post("totp/recovery-codes", { password: "ada-password" }, key));
    expect(renewed["recoveryCodes"]).toHaveLength(10);
    expect((await send("DELETE", "totp", { password: "ada-password" }, key)).status).toBe(204);
    expect((await logIn()).status).toBe(200);
  });

  it("gives a right login back to its address, and no wrong one", async () => {
    const report = {
      rule: "auth",
      subject: "local",
      limit: 10,
      windowMs: 900_000,
      remaining: 9,
      resetMs: 900_000,
      retryAfterMs: 0,
      penalised: false,
    };
    const allowed = { kind: "allowed", reports: [report], report, atMs: 7 } as const;
    const returned: unknown[] = [];
    const limiter = (): never => {
      throw new Error("There is no rule.");
    };
    const { logIn } = await world({
      limits: {
        ...createLimits({ rules: [], limiter, edgeId: "edge", now: () => 0, timeoutMs: 1_000 }),
        address: async () => allowed,
        loginSucceeded: async (address, { route }, atMs) => {
          returned.push([address, route, atMs]);
        },
      },
    });
    await logIn({ password: "wrong" });
    expect(returned).toEqual([]);
    await logIn();
    expect(returned).toEqual([["local", "/v1/auth/login", 7]]);
  });

  it("a directory that was not told of an activation learns it", async () => {
    const { logIn, membersOf, ada } = await world();
    await membersOf("ten_one1").updateMember(ada, { status: "invited" });
    await logIn();
    expect(await membersOf("ten_one1").member(ada)).toMatchObject({ status: "active" });
  });
});

describe("POST /v1/auth/refresh", () => {
  it("accepts: each token once, for the same session", async () => {
    const { post, enter, call } = await world();
    const first = await enter();
    const second = await json(await post("refresh", { refreshToken: first.refreshToken }));
    expect(second).toMatchObject({ sessionId: first.sessionId });
    expect(second["refreshToken"]).not.toBe(first.refreshToken);
    expect((await call("/v1/auth/me", { key: String(second["accessToken"]) })).status).toBe(200);
  });

  it("refuses: what is no token, one that was used before, and everything of its session from then on", async () => {
    const { post, enter, call } = await world();
    const { refreshToken, key } = await enter();
    const broken = `${refreshToken.slice(0, -1)}${refreshToken.endsWith("0") ? "1" : "0"}`;
    for (const token of ["x", broken]) {
      expect(await codeOf(await post("refresh", { refreshToken: token }))).toEqual([401, "invalid_token"]);
    }
    const next = await json(await post("refresh", { refreshToken }));
    expect(await codeOf(await post("refresh", { refreshToken }))).toEqual([401, "invalid_token"]);
    expect(await codeOf(await post("refresh", { refreshToken: next["refreshToken"] }))).toEqual([401, "invalid_token"]);
    expect((await call("/v1/auth/me", { key })).status).toBe(401);
  });

  it("refuses: while the tenant is suspended, without spending the token, and tells it to the session's own", async () => {
    const { post, enter, membersOf, account } = await world();
    const { refreshToken, sessionId } = await enter();
    membersOf("ten_one1").active = false;
    expect(await codeOf(await post("refresh", { refreshToken }))).toEqual([403, "tenant_suspended"]);
    membersOf("ten_one1").active = true;
    expect((await post("refresh", { refreshToken })).status).toBe(200);
    await account.logOut(sessionId);
    membersOf("ten_one1").active = false;
    expect(await codeOf(await post("refresh", { refreshToken }))).toEqual([401, "invalid_token"]);
  });
});

describe("sessions", () => {
  it("are listed, ended one by one, and all at once; what has ended opens nothing", async () => {
    const { enter, call, send, post } = await world();
    const [one, two, three] = [await enter(), await enter(), await enter()];
    const listed = await json(await call("/v1/auth/sessions", { key: two.key }));
    expect(listed["current"]).toBe(two.sessionId);
    expect((listed["sessions"] as { id: string }[]).map(({ id }) => id)).toEqual([
      three.sessionId,
      two.sessionId,
      one.sessionId,
    ]);
    expect((await send("DELETE", `sessions/${one.sessionId}`, undefined, two.key)).status).toBe(204);
    expect((await call("/v1/auth/me", { key: one.key })).status).toBe(401);
    expect(await codeOf(await send("DELETE", `sessions/${one.sessionId}`, undefined, two.key))).toEqual([
      404,
      "not_found",
    ]);
    expect((await post("logout", undefined, two.key)).status).toBe(204);
    expect((await call("/v1/auth/me", { key: two.key })).status).toBe(401);
    const four = await enter();
    expect((await post("logout", { all: true }, four.key)).status).toBe(204);
    for (const { key } of [three, four]) expect((await call("/v1/auth/me", { key })).status).toBe(401);
  });

  it("who may: nobody ends the session of somebody else, and an API key has none", async () => {
    const { enter, found, post, send, call } = await world();
    await found("bob");
    const mine = await enter();
    const bob = await json(await post("login", { tenant: "ten_one1", login: "bob", password: "bob-password" }));
    const tried = await send("DELETE", `sessions/${mine.sessionId}`, undefined, String(bob["accessToken"]));
    expect(await codeOf(tried)).toEqual([404, "not_found"]);
    expect((await call("/v1/auth/me", { key: mine.key })).status).toBe(200);
    for (const path of ["me", "sessions"]) expect((await call(`/v1/auth/${path}`)).status).toBe(403);
  });
});
