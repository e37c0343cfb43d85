import { beforeEach, describe, expect, it, vi } from "vitest";
import { refuse } from "../../../../shared/core/result.ts";
import { codeOf, world } from "../../fakes/signed-up.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
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
