import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Leased, type Principal, PRINCIPAL_LEASE_MS } from "../../shared/contracts/principal.ts";
import { formatApiKey } from "../../shared/core/access/api-key.ts";
import { parseAccessTokenKeys } from "../../shared/tokens/access-token-keys.ts";
import type { AccessClaims } from "../../shared/tokens/access-token.ts";
import { createAccessTokens } from "./access-tokens.ts";
import { createAuthenticate } from "./authenticate.ts";
import { LeaseCache, MAX_HELD } from "./lease-cache.ts";

const START_MS = 1_795_608_000_000;
beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
});
afterEach(() => {
  vi.useRealTimers();
});

const now = (): number => Date.now();
const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** An object that answers by leases, and a revocation when all of them are over. */
class Authority<T> {
  asked = 0;
  valid = true;
  #leasedUntilMs = 0;
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  answer(): Leased<T> | null {
    this.asked += 1;
    if (!this.valid) return null;
    this.#leasedUntilMs = Date.now() + PRINCIPAL_LEASE_MS;
    return { value: this.#value, leaseMs: PRINCIPAL_LEASE_MS };
  }

  async revoke(): Promise<void> {
    this.valid = false;
    await sleep(Math.max(0, this.#leasedUntilMs - Date.now()));
  }
}

const TENANT = "ten_one1";
const KEY_ID = "key_01K5Q3V9W2X4Y6Z8A0B1C2D3E4";
const USER = "usr_01K5Q3V9W2X4Y6Z8A0B1C2D3E4";
const SESSION = "ses_01K5Q3V9W2X4Y6Z8A0B1C2D3E5";
const SECRET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const KEY = formatApiKey(TENANT, KEY_ID, SECRET);
const BY_KEY: Principal = { tenant: TENANT, actor: { kind: "api-key", id: KEY_ID }, permissions: ["*"] };
const BY_USER: Principal = {
  tenant: TENANT,
  actor: { kind: "user", id: USER, sessionId: SESSION, role: "user" },
  permissions: ["assets:read"],
};

/** `delayMs` passes on the way to an object and on the way back. */
function makeEdge(delayMs: () => number = () => 0) {
  const key = new Authority(BY_KEY);
  const session = new Authority(BY_USER);
  const standing = new Authority({ active: true });
  const tenants: string[] = [];
  let suspended = false;
  const remote = async <T>(answer: () => T): Promise<T> => {
    await sleep(delayMs());
    const given = answer();
    await sleep(delayMs());
    return given;
  };
  const jwk = { ...generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }), kid: "k1" };
  const keys = parseAccessTokenKeys(JSON.stringify({ keys: [jwk] }));
  const tokens = createAccessTokens({ keys, issuer: "https://api.example.com", now });
  /** Checked when they are issued, because real cryptography takes none of the time that passes here. */
  const checked = new Map<string, AccessClaims>();
  const authenticate = createAuthenticate({
    tenant: (tenant) => {
      tenants.push(tenant);
      return {
        standing: () =>
          remote(() => {
            const given = standing.answer();
            return given === null ? null : { ...given, value: { active: !suspended } };
          }),
        authenticate: (keyId, secret) =>
          remote(() => {
            const given = key.answer();
            if (given === null || keyId !== KEY_ID || secret !== SECRET) return null;
            return suspended ? "suspended" : { ...given, value: { ...given.value, keyLimit: null, owner: null } };
          }),
      };
    },
    account: () => ({
      lease: (sessionId) => remote(() => (sessionId === SESSION ? session.answer() : null)),
      rights: async () => null,
    }),
    tokens: {
      verify: async (token) => {
        const claims = checked.get(token);
        return claims !== undefined && now() < claims.expiresAtMs ? claims : null;
      },
    },
    now,
  });
  const suspend = (): void => {
    suspended = true;
  };
  const resume = (): void => {
    suspended = false;
  };
  const issue = async (expiresAtMs = START_MS + 28_800_000): Promise<string> => {
    const issued = await tokens.issue({ tenant: TENANT, userId: USER, sessionId: SESSION, role: "user", expiresAtMs });
    const claims = await tokens.verify(issued.accessToken);
    if (claims !== null) checked.set(issued.accessToken, claims);
    return issued.accessToken;
  };
  return { authenticate, key, session, standing, tenants, suspend, resume, issue };
}

/** Lets time pass until the promise settles. */
async function passing<T>(outcome: T | Promise<T>): Promise<T> {
  await vi.runAllTimersAsync();
  return outcome;
}

describe("who calls", () => {
  it("is asked of the tenant once in a lease, which is measured less a margin of 250 ms", async () => {
    const { authenticate, key } = makeEdge();
    expect(await passing(authenticate(KEY))).toEqual({ ...BY_KEY, keyLimit: null });
    vi.setSystemTime(START_MS + 1_749);
    expect(await passing(authenticate(KEY))).toMatchObject(BY_KEY);
    expect(key.asked).toBe(1);
    vi.setSystemTime(START_MS + 1_750);
    expect(await passing(authenticate(KEY))).toMatchObject(BY_KEY);
    expect(key.asked).toBe(2);
  });

  it("is asked once by many requests at once", async () => {
    const { authenticate, key, session, standing, issue } = makeEdge(() => 20);
    const token = await issue();
    const both = Array.from({ length: 500 }, () => [authenticate(KEY), authenticate(token)])
      .flat()
      .map((each) => Promise.resolve(each));
    const answers = await passing(Promise.all(both));
    expect(answers).toHaveLength(1_000);
    expect(answers).not.toContain(null);
    expect([key.asked, session.asked, standing.asked]).toEqual([1, 1, 1]);
  });

  it("never is whose credential begins alike, however long", async () => {
    const { authenticate } = makeEdge();
    const wrong = formatApiKey(TENANT, KEY_ID, `${SECRET.slice(0, -1)}0`);
    const alike = Array.from(KEY).findIndex((char, at) => char !== wrong[at]);
    expect(alike).toBeGreaterThan(64);
    expect(await passing(authenticate(KEY))).toMatchObject(BY_KEY);
    expect(await passing(authenticate(wrong))).toBeNull();
    expect(await passing(authenticate(`${KEY} `))).toBeNull();
    expect(await passing(authenticate(KEY))).toMatchObject(BY_KEY);
  });

  it("is said at once while a lease covers it, and not for a part of the credential, whichever", async () => {
    const { authenticate, issue, key, session } = makeEdge();
    const token = await issue();
    for (const credential of [KEY, token]) {
      const principal = await passing(authenticate(credential));
      expect(authenticate(credential)).toBe(principal);
      await fc.assert(
        fc.asyncProperty(fc.nat(credential.length), fc.nat(credential.length), async (a, b) => {
          const part = credential.slice(Math.min(a, b), Math.max(a, b));
          fc.pre(part !== credential);
          expect(await passing(authenticate(part))).toBeNull();
          expect(await passing(authenticate(`${credential}${part}0`))).toBeNull();
        }),
      );
      expect(authenticate(credential)).toBe(principal);
    }
    expect([key.asked, session.asked]).toEqual([1, 1]);
  });

  it("is said of a token by all of it: another signature under the same claims is no hit", async () => {
    const { authenticate, issue } = makeEdge();
    const token = await issue();
    expect(await passing(authenticate(token))).toEqual(BY_USER);
    const last = token.endsWith("A") ? "B" : "A";
    expect(await passing(authenticate(`${token.slice(0, -1)}${last}`))).toBeNull();
    expect(await passing(authenticate(token.slice(0, token.lastIndexOf("."))))).toBeNull();
  });

  it("is asked of nobody for what cannot be a credential", async () => {
    const { authenticate, tenants } = makeEdge();
    for (const text of ["", "aima_", KEY.slice(0, -1), `${KEY}0`, "a.b.c", "Basic x", "a b", "é", "a".repeat(2_049)]) {
      expect(await passing(authenticate(text))).toBeNull();
    }
    expect(tenants).toEqual([]);
  });

  it("by a token is the session's user, for as long as token, session and tenant say so", async () => {
    const { authenticate, session, standing, issue } = makeEdge();
    const token = await issue(START_MS + 1_000);
    expect(await passing(authenticate(token))).toEqual(BY_USER);
    vi.setSystemTime(START_MS + 999);
    expect(await passing(authenticate(token))).toEqual(BY_USER);
    expect([session.asked, standing.asked]).toEqual([1, 1]);
    vi.setSystemTime(START_MS + 1_000);
    expect(await passing(authenticate(token))).toBeNull();
    expect(session.asked).toBe(1);
  });

  it("shares the tenant's standing, and goes by its end", async () => {
    const { authenticate, session, standing, issue, suspend } = makeEdge();
    const first = await issue();
    const second = await issue(START_MS + 7_200_000);
    expect(await passing(authenticate(first))).toEqual(BY_USER);
    vi.setSystemTime(START_MS + 1_000);
    expect(await passing(authenticate(second))).toEqual(BY_USER);
    expect([session.asked, standing.asked]).toEqual([2, 1]);
    suspend();
    vi.setSystemTime(START_MS + 1_750);
    expect(await passing(authenticate(second))).toBe("suspended");
  });

  it("gets in at once when the tenant is resumed: refusals are not kept", async () => {
    const { authenticate, issue, suspend, resume } = makeEdge();
    const token = await issue();
    suspend();
    expect(await passing(authenticate(KEY))).toBe("suspended");
    expect(await passing(authenticate(token))).toBe("suspended");
    resume();
    expect(await passing(authenticate(KEY))).toMatchObject(BY_KEY);
    expect(await passing(authenticate(token))).toEqual(BY_USER);
  });

  it("is unknown, not suspended, when the session has ended", async () => {
    const { authenticate, session, issue, suspend } = makeEdge();
    const token = await issue();
    session.valid = false;
    suspend();
    expect(await passing(authenticate(token))).toBeNull();
  });
});

describe("a revocation", () => {
  it("is in force everywhere when it is answered, however slow the answers before it", async () => {
    const delay = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 100 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
    );
    const delays = fc.array(delay, { minLength: 1, maxLength: 12 });
    const requests = fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 9_000 }), byKey: fc.boolean() }), {
      minLength: 15,
      maxLength: 40,
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(delays, requests, fc.integer({ min: 0, max: 6_000 }), async (ways, times, revokedAtMs) => {
        vi.setSystemTime(START_MS);
        let trips = 0;
        const edge = makeEdge(() => ways[(trips += 1) % ways.length] ?? 0);
        const token = await edge.issue();
        let answeredAtMs = Infinity;
        const late: number[] = [];
        const revocation = sleep(revokedAtMs).then(async () => {
          await Promise.all([edge.key.revoke(), edge.session.revoke()]);
          answeredAtMs = Date.now();
        });
        const calls = times.map(async ({ atMs, byKey }) => {
          await sleep(atMs);
          const principal = await edge.authenticate(byKey ? KEY : token);
          if (principal === null || typeof principal === "string") return;
          accepted += 1;
          if (Date.now() > answeredAtMs) late.push(Date.now() - answeredAtMs);
        });
        await passing(Promise.all([revocation, ...calls]));
        expect(late).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(1_000);
  });

  it("leaves nothing behind of an answer that was given before it and arrives late", async () => {
    const ways = [0, 5_000, 0, 0];
    const { authenticate, key } = makeEdge(() => ways.shift() ?? 0);
    const early = authenticate(KEY);
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all([key.revoke(), vi.advanceTimersByTimeAsync(2_000)]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await early).toBeNull();
    expect(key.asked).toBe(2);
    expect(await passing(authenticate(KEY))).toBeNull();
  });

  it("taken back is known to who asks after it, though an older question is under way", async () => {
    const ways = [0, 500, 0, 0];
    const { authenticate, key } = makeEdge(() => ways.shift() ?? 0);
    key.valid = false;
    const before = authenticate(KEY);
    await vi.advanceTimersByTimeAsync(100);
    key.valid = true;
    const after = [1, 2, 3].map(() => Promise.resolve(authenticate(KEY)));
    expect(await passing(before)).toBeNull();
    for (const answer of await passing(Promise.all(after))) expect(answer).toMatchObject(BY_KEY);
    expect(key.asked).toBe(2);
  });
});

describe("the cache", () => {
  it("asks by itself when another's question is not answered", async () => {
    const cache = new LeaseCache<string>(now);
    void cache.get("a", () => new Promise(() => undefined));
    const mine = passing(cache.get("a", async () => ({ value: "mine", leaseMs: 2_000 })));
    expect(await mine).toMatchObject({ value: "mine" });
    expect(Date.now() - START_MS).toBe(1_000);
  });

  it("says that nobody could tell in time after two answers that came too late", async () => {
    const cache = new LeaseCache<string>(now);
    let asked = 0;
    const ask = async () => {
      asked += 1;
      await sleep(1_800);
      return { value: "old", leaseMs: 2_000 };
    };
    expect(await passing(cache.get("a", ask))).toBe("unavailable");
    expect([asked, cache.size]).toEqual([2, 0]);
  });

  it("throws what the question throws, and asks again then", async () => {
    const cache = new LeaseCache<string>(now);
    const failing = async () => {
      throw new Error("overloaded");
    };
    await expect(cache.get("a", failing)).rejects.toThrow("overloaded");
    expect(await cache.get("a", async () => null)).toBeNull();
  });

  it("holds no more than its bound, and drops the oldest first", async () => {
    const cache = new LeaseCache<number>(now);
    let asked = 0;
    const ask = async () => {
      asked += 1;
      return { value: asked, leaseMs: 2_000 };
    };
    for (let i = 0; i <= MAX_HELD; i += 1) await cache.get(String(i), ask);
    expect([cache.size, asked]).toEqual([10_000, 10_001]);
    await cache.get("1", ask);
    expect(asked).toBe(10_001);
    await cache.get("0", ask);
    expect(asked).toBe(10_002);
    vi.setSystemTime(START_MS + 2_000);
    await cache.get("new", ask);
    expect(cache.size).toBe(1);
  });

  it("drops what is over with the next question, whatever comes of it", async () => {
    const cache = new LeaseCache<string>(now);
    await cache.get("a", async () => ({ value: "a", leaseMs: 2_000 }));
    await cache.get("b", async () => ({ value: "b", leaseMs: 4_000 }));
    expect([cache.held("a")?.value, cache.held("b")?.value, cache.held("")]).toEqual(["a", "b", null]);
    vi.setSystemTime(START_MS + 1_750);
    expect([cache.held("a"), cache.held("b")?.value, cache.size]).toEqual([null, "b", 2]);
    expect(await cache.get("unknown", async () => null)).toBeNull();
    expect([cache.held("b")?.value, cache.size]).toEqual(["b", 1]);
  });
});
