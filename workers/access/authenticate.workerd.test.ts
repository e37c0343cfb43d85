import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { tenantObject } from "../../durable-objects/addresses.ts";
import { hashPassword, verifyPassword } from "../../shared/identity/password-hash.ts";
import { open, seal } from "../../shared/identity/seal.ts";
import { newTotpSecret, verifyTotp } from "../../shared/identity/totp.ts";
import { settingsOf } from "../env.ts";
import { createAccessTokens } from "./access-tokens.ts";
import { createAuthenticate } from "./authenticate.ts";

const now = (): number => Date.now();
const { ACCESS_TOKEN_KEYS: keys, ENCRYPTION_KEYS, PUBLIC_ORIGIN: issuer } = settingsOf(env);
const tokens = createAccessTokens({ keys, issuer, now });
const nobody = { lease: async () => null };

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
