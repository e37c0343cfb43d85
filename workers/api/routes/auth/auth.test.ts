import { beforeEach, describe, expect, it, vi } from "vitest";
import { createLimits } from "../../../access/limits/limits.ts";
import { refuse } from "../../../../shared/core/result.ts";
import { TOTP } from "../../fakes/accounts.ts";
import { makeWorld } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

type Answered = Record<string, unknown>;
const json = async (response: Response): Promise<Answered> => (await response.json()) as Answered;
const codeOf = async (response: Response): Promise<unknown> => [response.status, (await json(response))["code"]];

async function world(given: Parameters<typeof makeWorld>[0] = {}) {
  const made = makeWorld(given);
  const ada = await made.found("ada");
  const send = (method: string, path: string, body: unknown, key: string | null = null): Promise<Response> =>
    made.call(`/v1/auth/${path}`, {
      method,
      key,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  const post = (path: string, body?: unknown, key?: string): Promise<Response> => send("POST", path, body, key);
  const logIn = (over: object = {}): Promise<Response> =>
    post("login", { tenant: "ten_one1", login: "ada", password: "ada-password", ...over });
  const enter = async (): Promise<{ key: string; refreshToken: string; sessionId: string }> => {
    const { accessToken, refreshToken, sessionId } = await json(await logIn());
    return { key: String(accessToken), refreshToken: String(refreshToken), sessionId: String(sessionId) };
  };
  return { ...made, ada, account: made.accountOf("ten_one1", ada), send, post, logIn, enter };
}

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

describe("registration", () => {
  const body = { tenant: "ten_one1", email: "eve@example.com", username: "eve", password: "vK7#mQ2xL!9p" };

  it("refuses: everybody where it is closed", async () => {
    const { post } = await world();
    expect(await codeOf(await post("register", body))).toEqual([403, "registration_closed"]);
  });

  it("accepts: where it is open; the address is proven by mail, then the login opens", async () => {
    const { post, membersOf, accountOf } = await world({ registration: "open" });
    expect((await post("register", body)).status).toBe(202);
    const eve = await membersOf("ten_one1").memberByLogin("eve");
    expect(eve).toMatchObject({ status: "pending", role: "user" });
    const credentials = { tenant: "ten_one1", login: "eve", password: body.password };
    expect(await codeOf(await post("login", credentials))).toEqual([403, "account_not_active"]);
    const [token] = accountOf("ten_one1", eve?.userId ?? "").mailed;
    expect((await post("verify-email", { token })).status).toBe(200);
    expect(await codeOf(await post("verify-email", { token }))).toEqual([401, "invalid_token"]);
    expect((await post("login", credentials)).status).toBe(200);
    expect(await membersOf("ten_one1").memberByLogin("eve")).toMatchObject({ status: "active" });
  });

  it("answers alike for an address that has an account, whatever user name is wished for", async () => {
    const { post, account, found } = await world({ registration: "open" });
    const again = vi.spyOn(account, "registeredAgain");
    for (const email of ["ada@example.com", "new@example.com"]) {
      const free = await post("register", { ...body, email, username: `free-${email.slice(0, 3)}` });
      expect([free.status, await free.text()]).toEqual([202, ""]);
    }
    expect(again).toHaveBeenCalledTimes(1);
    await found("bob");
    for (const email of ["ada@example.com", "bob@example.com", "newer@example.com"]) {
      const taken = await post("register", { ...body, email, username: "bob" });
      expect(await codeOf(taken)).toEqual([409, "username_taken"]);
    }
  });

  it("answers before anything is made or mailed, so that its time tells nothing", async () => {
    const { app, account, membersOf } = await world({ registration: "open" });
    const waiting: Promise<unknown>[] = [];
    const context = { waitUntil: (work: Promise<unknown>) => void waiting.push(work), passThroughOnException() {} };
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    account.registeredAgain = () => gate;
    account.requestPasswordReset = () => gate;
    membersOf("ten_one1").reserveMember = () => gate.then(() => refuse({ code: "email_taken", detail: "Taken." }));
    const ask = async (path: string, asked: object): Promise<number> => {
      const headers = { "content-type": "application/json" };
      const init = { method: "POST", headers, body: JSON.stringify(asked) };
      // SAFETY: the app uses no more of a context than this.
      return (await app.request(path, init, {}, context as unknown as ExecutionContext)).status;
    };
    const { username: _, ...plain } = body;
    expect(await ask("/v1/auth/register", plain)).toBe(202);
    expect(await ask("/v1/auth/register", { ...plain, email: "ada@example.com" })).toBe(202);
    for (const email of ["ada@example.com", "nobody@example.com"]) {
      expect(await ask("/v1/auth/request-password-reset", { tenant: "ten_one1", email })).toBe(202);
    }
    open();
    await Promise.all(waiting);
  });

  it("refuses: a weak password, and a tenant that is not there or not active", async () => {
    const { post, membersOf } = await world({ registration: "open" });
    expect(await codeOf(await post("register", { ...body, password: "Password1!" }))).toEqual([422, "weak_password"]);
    expect(await codeOf(await post("register", { ...body, tenant: "ten_none" }))).toEqual([404, "not_found"]);
    membersOf("ten_one1").active = false;
    expect(await codeOf(await post("register", body))).toEqual([404, "not_found"]);
  });
});
