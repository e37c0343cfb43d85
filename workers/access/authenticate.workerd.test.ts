import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { tenantObject, userAccount } from "../../durable-objects/addresses.ts";
import { parseApiKey } from "../../shared/core/access/api-key.ts";
import { hashPassword, verifyPassword } from "../../shared/identity/password-hash.ts";
import { open, seal } from "../../shared/identity/seal.ts";
import { newTotpSecret, verifyTotp } from "../../shared/identity/totp.ts";
import { settingsOf } from "../env.ts";
import { createAccessTokens } from "./access-tokens.ts";
import { createAuthenticate } from "./authenticate.ts";

const now = (): number => Date.now();
const { ACCESS_TOKEN_KEYS: keys, ENCRYPTION_KEYS, PUBLIC_ORIGIN: issuer } = settingsOf(env);
const tokens = createAccessTokens({ keys, issuer, now });
const nobody = { lease: async () => null, rights: async () => null };

describe("an API key at the edge", () => {
  it("is asked about once in a lease, and is refused from the answer of its disabling on", async () => {
    const tenant = "ten_edge1";
    const object = tenantObject(env, tenant);
    let asked = 0;
    const authenticate = createAuthenticate({
      tenant: () => ({
        standing: () => object.standing(),
        authenticate: (keyId, secret) => {
          asked += 1;
          return object.authenticate(keyId, secret);
        },
      }),
      account: () => nobody,
      tokens,
      now,
    });
    const { apiKey } = await object.bootstrap(tenant, "Edge");
    const principal = await authenticate(apiKey);
    if (principal === null || typeof principal === "string") throw new Error("The key is refused");
    expect(principal).toMatchObject({ tenant, permissions: ["*"] });
    for (let i = 0; i < 1_000; i += 1) expect(await authenticate(apiKey)).toBe(principal);
    expect(asked).toBe(1);

    await object.disableKey(principal.actor.id);
    expect(await authenticate(apiKey)).toBeNull();
    await object.enableKey(principal.actor.id);
    expect(await authenticate(apiKey)).toMatchObject({ tenant });
    await object.suspendTenant();
    expect(await authenticate(apiKey)).toBe("suspended");
    await object.resumeTenant();
    expect(await authenticate(apiKey)).toMatchObject({ tenant });
  });
});

describe("an API key that a user has made", () => {
  const tenant = "ten_edge3";
  const userId = `usr_${"D".repeat(26)}`;

  /** Counts the questions about the user behind the keys. */
  function edge() {
    const asked = { rights: 0 };
    const account = (of: string, id: string) => {
      const stub = userAccount(env, of, id);
      return {
        lease: (sessionId: string) => stub.lease(sessionId),
        rights: () => {
          asked.rights += 1;
          return stub.rights();
        },
      };
    };
    const authenticate = createAuthenticate({ tenant: (of) => tenantObject(env, of), account, tokens, now });
    const permissionsOf = async (key: string) => {
      const principal = await authenticate(key);
      return principal === null || typeof principal === "string" ? principal : principal.permissions;
    };
    return { asked, authenticate, permissionsOf };
  }

  it("may what it and the user may now, from the answer of each change on, at every edge, and so may the keys it makes", async () => {
    const object = tenantObject(env, tenant);
    const { apiKey: first } = await object.bootstrap(tenant, "Edge");
    const account = userAccount(env, tenant, userId);
    const names = { email: "maker@example.com", username: null, fullName: null, password: "Plain-Reading-Lamp-7" };
    const admin = { tenant, userId, ...names, role: "admin", permissions: [], kind: "founded" } as const;
    expect(await account.create(admin, null)).toMatchObject({ ok: true });
    const make = async (id: string, permissions: ("*" | "assets:read" | "audit:read" | "keys:manage")[]) => {
      const maker = { id, permissions: ["*"] };
      const made = await object.createKey({ name: "A key", permissions }, maker, null);
      if (!made.ok) throw new Error(made.error.code);
      return { id: made.value.key.id, owner: made.value.key.owner, whole: made.value.secret };
    };
    const everything = await make(userId, ["*"]);
    const little = await make(userId, ["assets:read", "audit:read"]);
    const child = await make(everything.id, ["audit:read"]);
    const grandchild = await make(child.id, ["keys:manage"]);
    const bootstrap = parseApiKey(first)?.keyId ?? "";
    const free = await make(bootstrap, ["audit:read"]);
    expect([everything, little, child, grandchild, free].map(({ owner }) => owner)).toEqual([
      userId,
      userId,
      userId,
      userId,
      null,
    ]);
    const edges = [edge(), edge()] as const;
    const [one] = edges;
    const granted = await one.permissionsOf(everything.whole);
    expect(granted).toContain("tenant:manage");
    expect(granted).not.toContain("account:self");
    for (const each of edges) {
      for (let i = 0; i < 500; i += 1)
        expect(await each.permissionsOf(little.whole)).toEqual(["assets:read", "audit:read"]);
      expect(await each.permissionsOf(child.whole)).toEqual(["audit:read"]);
      expect(await each.permissionsOf(grandchild.whole)).toEqual(["keys:manage"]);
    }
    // Four keys, one user: asked once in a lease, as long as one lasts.
    expect(one.asked.rights).toBeLessThan(10);

    const lowered = await account.changeRole({ role: "guest", permissions: [] }, null);
    expect(lowered).toMatchObject({ ok: true });
    for (const each of edges) {
      expect(await each.permissionsOf(everything.whole)).toEqual(["assets:read", "search", "jobs:read", "tenant:read"]);
      expect(await each.permissionsOf(little.whole)).toEqual(["assets:read"]);
      expect([await each.permissionsOf(child.whole), await each.permissionsOf(grandchild.whole)]).toEqual([[], []]);
      expect(await each.permissionsOf(free.whole)).toEqual(["audit:read"]);
    }

    expect(await account.suspend()).toMatchObject({ ok: true });
    for (const each of edges) {
      for (let i = 0; i < 20; i += 1) {
        const fifty = Array.from({ length: 50 }, async () => each.authenticate(everything.whole));
        expect((await Promise.all(fifty)).filter((answer) => answer !== null)).toEqual([]);
      }
    }
    expect(await account.activate()).toMatchObject({ ok: true });
    expect(await account.changeRole({ role: "admin" }, null)).toMatchObject({ ok: true });
    expect(await one.permissionsOf(child.whole)).toEqual(["audit:read"]);

    expect(await account.delete()).toMatchObject({ ok: true });
    for (const each of edges) {
      for (const key of [everything, little, child, grandchild]) expect(await each.authenticate(key.whole)).toBeNull();
      expect(await each.permissionsOf(free.whole)).toEqual(["audit:read"]);
    }
  });
});

describe("an access token at the edge", () => {
  const tenant = "ten_edge2";
  const password = "Plain-Reading-Lamp-7";
  const origin = { userAgent: null, address: "local" };

  /** A user of the tenant, signed in twice, and the account behind them. */
  async function signedIn(userId: string) {
    const account = userAccount(env, tenant, userId);
    const names = { email: `${userId.toLowerCase()}@example.com`, username: null, fullName: null };
    await account.create({ tenant, userId, ...names, role: "user", permissions: [], kind: "founded", password }, null);
    const open = async () => {
      const opened = await account.logIn({ password, totp: null, recoveryCode: null, remember: false, ...origin });
      if (!opened.ok) throw new Error(opened.error.code);
      return { sessionId: opened.value.sessionId, token: (await tokens.issue(opened.value)).accessToken };
    };
    return { account, one: await open(), other: await open() };
  }

  const edge = () =>
    createAuthenticate({
      tenant: (of) => tenantObject(env, of),
      account: (of, userId) => userAccount(env, of, userId),
      tokens,
      now,
    });
  const permissionsAt = async (authenticate: ReturnType<typeof edge>, token: string) => {
    const principal = await authenticate(token);
    return principal === null || typeof principal === "string" ? principal : principal.permissions;
  };

  it("does what its session may, from the answer of each change on, at every edge", async () => {
    await tenantObject(env, tenant).bootstrap(tenant, "Edge");
    const { account, one, other } = await signedIn(`usr_${"C".repeat(26)}`);
    const edges = [edge(), edge()] as const;
    const ofUser = await permissionsAt(edges[0], one.token);
    expect(ofUser).toContain("assets:write");
    for (const each of edges) expect(await permissionsAt(each, other.token)).toEqual(ofUser);

    const changed = await account.changeRole({ role: "guest", permissions: [] }, null);
    if (!changed.ok) throw new Error(changed.error.code);
    for (const each of edges) expect(await permissionsAt(each, one.token)).not.toContain("assets:write");

    const ended = await account.revokeSession(one.sessionId);
    if (!ended.ok) throw new Error(ended.error.code);
    for (const each of edges) {
      expect(await each(one.token)).toBeNull();
      expect(await permissionsAt(each, other.token)).toContain("assets:read");
    }

    const suspended = await tenantObject(env, tenant).suspendTenant();
    if (!suspended.ok) throw new Error(suspended.error.code);
    for (const each of edges) expect(await each(other.token)).toBe("suspended");
    await tenantObject(env, tenant).resumeTenant();

    await account.suspend();
    for (const each of edges) expect(await each(other.token)).toBeNull();
  });
});

/** What the unit tests say of Node holds in the runtime of the Workers, too. */
describe("in workerd", () => {
  it("access tokens are signed and verified", async () => {
    const session = { tenant: "ten_edge1", userId: `usr_${"A".repeat(26)}`, sessionId: `ses_${"B".repeat(26)}` };
    const { accessToken } = await tokens.issue({ ...session, role: "guest", expiresAtMs: now() + 3_600_000 });
    expect(await tokens.verify(accessToken)).toMatchObject(session);
    const [header, payload, signature = ""] = accessToken.split(".");
    const turned = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
    expect(await tokens.verify(`${header}.${payload}.${turned}`)).toBeNull();
  });

  it("passwords are hashed as everywhere", () => {
    // Made by Python's hashlib.scrypt.
    const hash = "scrypt$32768$8$1$BwcHBwcHBwcHBwcHBwcHBw$QYAB8iRCaw_aP2F0KXp69lKXJdLU9RkueL_IsoUdblU";
    expect(verifyPassword("correct horse battery staple", hash)).toEqual({ ok: true, outdated: false });
    expect(verifyPassword("correct horse battery stapl", hash).ok).toBe(false);
    expect(verifyPassword("vK7#mQ2x", hashPassword("vK7#mQ2x"))).toEqual({ ok: true, outdated: false });
  });

  it("one-time passwords are those of RFC 6238", () => {
    // "12345678901234567890" in base 32; appendix B, 2005-03-18T01:58:29Z, the last six of eight digits.
    expect(verifyTotp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "081804", 1_111_111_109_000, -1)).toBe(37_037_036);
    expect(newTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
  });

  it("what is sealed opens in its place only", () => {
    const sealed = seal(ENCRYPTION_KEYS, "GEZDGNBV", "totp ten_edge1/usr_a");
    expect(open(ENCRYPTION_KEYS, sealed, "totp ten_edge1/usr_a")).toBe("GEZDGNBV");
    expect(open(ENCRYPTION_KEYS, sealed, "totp ten_edge1/usr_b")).toBeNull();
    expect(open(ENCRYPTION_KEYS, `${sealed.slice(0, -4)}AAAA`, "totp ten_edge1/usr_a")).toBeNull();
  });
});
