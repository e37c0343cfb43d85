import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { serve } from "../../../workers/api/fakes/server.ts";
import { makeWorld, type World } from "../../../workers/api/fakes/world.ts";
import { AimaClient, AimaError, type KeptSession, logIn, sessionCredential, type SessionStore } from "./index.ts";

const FAST = { initialIntervalMs: 1, maximumIntervalMs: 5 };
const ADA = { tenant: "ten_one1", login: "ada", password: "ada-password" };

let world: World;
let baseUrl: string;
let close: () => Promise<void>;
/** Method, path and credential of every request, in order. */
let seen: { readonly what: string; readonly token: string | null }[];
/** Access tokens that the API takes for ended. */
let over: Set<string>;
/** Paths whose next answer is lost. */
let lost: Set<string>;
let filed: KeptSession | null;

const store: SessionStore = {
  read: () => Promise.resolve(filed),
  write: async (session) => void (filed = session),
};
const held = (): KeptSession => {
  if (filed === null) throw new Error("There is no session.");
  return filed;
};
const count = (what: string): number => seen.filter((one) => one.what === what).length;
const REFRESH = "POST /v1/auth/refresh";
const user = (): AimaClient => {
  const at = { baseUrl, retry: FAST };
  return new AimaClient({ ...at, session: sessionCredential(at, store) });
};

beforeEach(async () => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  world = makeWorld();
  [seen, over, lost, filed] = [[], new Set(), new Set(), null];
  ({ baseUrl, close } = await serve(async (request) => {
    const { pathname } = new URL(request.url);
    const token = request.headers.get("authorization")?.slice("Bearer ".length) ?? null;
    seen.push({ what: `${request.method} ${pathname}`, token });
    if (token !== null && over.has(token)) return Response.json({ code: "unauthorized" }, { status: 401 });
    if (lost.delete(pathname)) throw new Error("connection lost");
    return world.app.fetch(request);
  }));
  await world.found("ada");
  filed = await logIn({ baseUrl }, ADA);
});
afterEach(() => close());

describe("logIn", () => {
  it("gives the tokens, and when the access token ends by this machine's clock", async () => {
    const before = Date.now();
    const { role, accessTokenEndsAtMs } = await logIn({ baseUrl }, ADA);
    expect(role).toBe("user");
    expect(accessTokenEndsAtMs - before).toBeGreaterThanOrEqual(1_800_000);
    expect(accessTokenEndsAtMs - Date.now()).toBeLessThanOrEqual(1_800_000);
  });

  it("is sent once, whatever comes of it", async () => {
    seen = [];
    await expect(logIn({ baseUrl }, { ...ADA, password: "no" })).rejects.toMatchObject({
      status: 401,
      code: "invalid_credentials",
    });
    lost.add("/v1/auth/login");
    await expect(logIn({ baseUrl }, ADA)).rejects.toMatchObject({ code: "network_error" });
    expect(count("POST /v1/auth/login")).toBe(2);
  });
});

describe("a client with a session", () => {
  it("sends the access token and leaves one alone that has time left", async () => {
    expect((await user().account.get()).email).toBe("ada@example.com");
    expect(seen.at(-1)).toEqual({ what: "GET /v1/auth/me", token: held().accessToken });
    expect(count(REFRESH)).toBe(0);
  });

  it("renews one that is about to end, once for all calls at once, and keeps what it got", async () => {
    const before = held();
    filed = { ...before, accessTokenEndsAtMs: Date.now() + 59_000 };
    const { account } = user();
    await Promise.all([account.get(), account.get(), account.sessions()]);
    expect(count(REFRESH)).toBe(1);
    expect(held().refreshToken).not.toBe(before.refreshToken);
    expect(held().sessionId).toBe(before.sessionId);
    expect(seen.some(({ token }) => token === before.accessToken)).toBe(false);
  });

  it("renews one that is refused and sends the request again, a change too", async () => {
    over.add(held().accessToken);
    await user().assets.create({ name: "a.txt" });
    expect([count(REFRESH), count("POST /v1/assets"), world.assets.size]).toEqual([1, 2, 1]);
    over.add(held().accessToken);
    expect((await user().account.get()).username).toBe("ada");
    expect(count(REFRESH)).toBe(2);
  });

  it("sends the content again from the beginning when it is refused on the way", async () => {
    const { assets } = user();
    let opened = 0;
    const refused = held().accessToken;
    const asset = await assets.upload({
      name: "a.txt",
      sizeBytes: 5,
      open: () => {
        if ((opened += 1) === 1) over.add(refused);
        return new Blob(["hello"]).stream();
      },
    });
    expect([opened, asset.sizeBytes]).toEqual([2, 5]);
    expect(await new Response(await assets.download(asset.id)).text()).toBe("hello");
  });

  it("takes what another process has renewed, and does not spend the token before a second time", async () => {
    const before = held();
    const client = user();
    await user().account.get();
    over.add(before.accessToken);
    await user().account.get();
    expect(count(REFRESH)).toBe(1);
    expect((await client.account.get()).email).toBe("ada@example.com");
    expect(count(REFRESH)).toBe(1);
  });

  it("asks no more than once: a renewed token that is refused is the answer", async () => {
    const impatient = vi.fn<typeof fetch>(async (input, init) => {
      const request = new Request(input, init);
      return request.url.endsWith("/me") ? new Response("{}", { status: 401 }) : fetch(request);
    });
    const at = { baseUrl, retry: FAST, fetch: impatient };
    const client = new AimaClient({ ...at, session: sessionCredential(at, store) });
    await expect(client.account.get()).rejects.toMatchObject({ status: 401 });
    expect(impatient).toHaveBeenCalledTimes(3);
  });

  it("says that the session has ended when nothing is left to renew, and tells no secret", async () => {
    const { accessToken, refreshToken } = held();
    await user().account.logOut();
    const error: unknown = await user()
      .account.get()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AimaError);
    expect(error).toMatchObject({ status: 401, code: "session_ended", fix: "Log in again." });
    const told = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error);
    for (const secret of [accessToken, refreshToken, ADA.password]) expect(told).not.toContain(secret);
    filed = null;
    await expect(user().account.get()).rejects.toMatchObject({ code: "session_ended" });
  });

  it("passes on what keeps it from renewing, and keeps the session", async () => {
    world.tenantOf("ten_one1").active = false;
    over.add(held().accessToken);
    const before = held();
    await expect(user().account.get()).rejects.toMatchObject({ code: "tenant_suspended" });
    expect(held()).toEqual(before);
  });
});
