import { createHmac, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { type AccessTokenKey, parseAccessTokenKeys, publicJwks } from "./access-token-keys.ts";
import { signAccessToken, verifyAccessToken } from "./access-token.ts";

const ISSUER = "https://api.example.com";
/** 2026-11-25T12:00:00Z. */
const NOW_MS = 1_795_608_000_000;
const NOW = 1_795_608_000;
const USER = "usr_01K5Q3V9W2X4Y6Z8A0B1C2D3E4";
const SESSION = "ses_01K5Q3V9W2X4Y6Z8A0B1C2D3E5";

const edKey = (kid: string) => ({
  ...generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }),
  kid,
});
const ecKey = (kid: string) => ({
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  kid,
});
const ed = edKey("ed");
const ec = ecKey("ec");
const stranger = edKey("ed");
const parse = (...keys: object[]): AccessTokenKey[] => parseAccessTokenKeys(JSON.stringify({ keys }));
const KEYS = parse(ed, ec);

const verify = (token: string, nowMs = NOW_MS, keys = KEYS) =>
  verifyAccessToken(keys, token, { issuer: ISSUER, nowMs });

const NEW = {
  issuer: ISSUER,
  tenant: "ten_one1",
  userId: USER,
  sessionId: SESSION,
  role: "user",
  tokenId: "token-1",
  issuedAtMs: NOW_MS,
  sessionEndsAtMs: NOW_MS + 28_800_000,
} as const;

const HEADER = { alg: "EdDSA", typ: "at+jwt", kid: "ed" };
const CLAIMS = {
  iss: ISSUER,
  aud: "aima",
  sub: USER,
  sid: SESSION,
  tid: "ten_one1",
  role: "user",
  jti: "token-1",
  iat: NOW,
  exp: NOW + 1_800,
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Made without the code under test, and without its library. */
function make(header: object, claims: object, jwk: typeof ed = ed): string {
  const text = `${encode(header)}.${encode(claims)}`;
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  const signature =
    jwk.kty === "EC"
      ? sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" })
      : sign(null, Buffer.from(text), key);
  return `${text}.${signature.toString("base64url")}`;
}

const macOf = (header: object, secret: Parameters<typeof createHmac>[1]): string => {
  const text = `${encode(header)}.${encode(CLAIMS)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
};
const publicPem = createPrivateKey({ key: ed, format: "jwk" });
const without = (name: keyof typeof CLAIMS): object =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([claim]) => claim !== name));

let ours = "";
beforeAll(async () => {
  ours = (await signAccessToken(KEYS, NEW)).token;
});

describe("a valid token", () => {
  const READ = {
    tenant: "ten_one1",
    userId: USER,
    sessionId: SESSION,
    role: "user",
    tokenId: "token-1",
    issuedAtMs: NOW_MS,
    expiresAtMs: NOW_MS + 1_800_000,
  };

  test("is read as it was signed, until its end", async () => {
    expect(await verify(ours)).toEqual(READ);
    expect(await verify(ours, NOW_MS + 1_799_999)).toEqual(READ);
    expect(await verify(ours, NOW_MS + 1_800_000)).toBeNull();
  });

  test("may come from elsewhere, signed by either kind of key", async () => {
    expect(await verify(make(HEADER, CLAIMS))).toEqual(READ);
    expect(await verify(make({ ...HEADER, alg: "ES256", kid: "ec" }, CLAIMS, ec))).toEqual(READ);
  });

  test("ends with its session", async () => {
    const { token, expiresAtMs } = await signAccessToken(KEYS, { ...NEW, sessionEndsAtMs: NOW_MS + 60_900 });
    expect(expiresAtMs).toBe(NOW_MS + 60_000);
    expect(await verify(token, NOW_MS + 59_999)).not.toBeNull();
    expect(await verify(token, NOW_MS + 60_000)).toBeNull();
  });

  test("outlives the rotation of its key, until the key is dropped", async () => {
    const added = edKey("new");
    expect(await verify(ours, NOW_MS, parse(added, ed))).toEqual(READ);
    const { d: _private, ...publicPart } = ed;
    expect(await verify(ours, NOW_MS, parse(added, publicPart))).toEqual(READ);
    expect(await verify(ours, NOW_MS, parse(added))).toBeNull();
    const { token } = await signAccessToken(parse(added, ed), NEW);
    expect(await verify(token, NOW_MS, parse(added))).toEqual(READ);
  });
});

describe("no forgery is accepted", () => {
  const x = String(ed.x);
  const forgeries: [string, string][] = [
    ["alg none, no signature", `${encode({ ...HEADER, alg: "none" })}.${encode(CLAIMS)}.`],
    ["alg none, a signature", make({ ...HEADER, alg: "none" }, CLAIMS)],
    ["alg NONE", `${encode({ ...HEADER, alg: "NONE" })}.${encode(CLAIMS)}.AA`],
    ["HS256 with the public key's bytes", macOf({ ...HEADER, alg: "HS256" }, Buffer.from(x, "base64url"))],
    ["HS256 with the public key's text", macOf({ ...HEADER, alg: "HS256" }, x)],
    ["HS256 with the public key's JWK", macOf({ ...HEADER, alg: "HS256" }, JSON.stringify(publicJwks(KEYS).keys[0]))],
    [
      "HS256 with the private key's PEM",
      macOf({ ...HEADER, alg: "HS256" }, publicPem.export({ format: "pem", type: "pkcs8" })),
    ],
    ["a MAC under the right algorithm's name", macOf(HEADER, x)],
    ["another key under the same id", make(HEADER, CLAIMS, stranger)],
    ["the id of a key that is unknown", make({ ...HEADER, kid: "other" }, CLAIMS)],
    ["the id of the other key", make({ ...HEADER, kid: "ec" }, CLAIMS)],
    ["the algorithm of the other key", make({ ...HEADER, alg: "ES256" }, CLAIMS)],
    ["the key's other name of its algorithm", make({ ...HEADER, alg: "Ed25519" }, CLAIMS)],
    ["no key id", make({ alg: "EdDSA", typ: "at+jwt" }, CLAIMS)],
    ["a key id that is a list", make({ ...HEADER, kid: ["ed"] }, CLAIMS)],
    ["no type", make({ alg: "EdDSA", kid: "ed" }, CLAIMS)],
    ["type JWT", make({ ...HEADER, typ: "JWT" }, CLAIMS)],
    ["type in other spelling", make({ ...HEADER, typ: "application/at+jwt" }, CLAIMS)],
    ["a critical header", make({ ...HEADER, crit: ["exp"], exp: 1 }, CLAIMS)],
    ["an unencoded payload", make({ ...HEADER, b64: false, crit: ["b64"] }, CLAIMS)],
    ["its own key in the header", make({ ...HEADER, jwk: publicJwks(parse(stranger)).keys[0] }, CLAIMS, stranger)],
    ["an own key that is ours", make({ ...HEADER, jwk: publicJwks(KEYS).keys[0] }, CLAIMS)],
    ["a key's address in the header", make({ ...HEADER, jku: "https://evil.example/jwks.json" }, CLAIMS, stranger)],
    ["a certificate in the header", make({ ...HEADER, x5c: ["MIIB"] }, CLAIMS)],
    ["another issuer", make(HEADER, { ...CLAIMS, iss: "https://evil.example" })],
    ["issuer with a slash more", make(HEADER, { ...CLAIMS, iss: `${ISSUER}/` })],
    ["a list of issuers", make(HEADER, { ...CLAIMS, iss: [ISSUER] })],
    ["another audience", make(HEADER, { ...CLAIMS, aud: "other" })],
    ["several audiences", make(HEADER, { ...CLAIMS, aud: ["aima", "other"] })],
    ["expired", make(HEADER, { ...CLAIMS, iat: NOW - 1_800, exp: NOW })],
    ["expired within the tolerance", make(HEADER, { ...CLAIMS, iat: NOW - 10, exp: NOW - 1 })],
    ["not yet valid", make(HEADER, { ...CLAIMS, nbf: NOW + 60 })],
    ["issued in the future", make(HEADER, { ...CLAIMS, iat: NOW + 60 })],
    ["issued too long ago", make(HEADER, { ...CLAIMS, iat: NOW - 1_900 })],
    ["an end that is a text", make(HEADER, { ...CLAIMS, exp: String(NOW + 60) })],
    ["an end that is too large", make(HEADER, { ...CLAIMS, exp: 1e308 })],
    ["an end that is no whole number", make(HEADER, { ...CLAIMS, exp: NOW + 0.5 })],
    ["a role that there is not", make(HEADER, { ...CLAIMS, role: "root" })],
    ["a user id with a path in it", make(HEADER, { ...CLAIMS, sub: `../${USER}` })],
    ["a tenant id with a path in it", make(HEADER, { ...CLAIMS, tid: "ten_one1/ten_two2" })],
    ["claims that are a list", make(HEADER, [CLAIMS])],
    ...(Object.keys(CLAIMS) as (keyof typeof CLAIMS)[]).map((name): [string, string] => [
      `no ${name}`,
      make(HEADER, without(name)),
    ]),
    ["nothing", ""],
    ["dots", ".."],
    ["an API key", "aima_one1_01K5Q3V9W2X4Y6Z8A0B1C2D3E4_0123456789ABCDEFGHJKMNPQRSTVWXYZ_00000000"],
    ["very long", `${encode({ ...HEADER })}.${"A".repeat(100_000)}.AAAA`],
  ];

  test.each(forgeries)("%s", async (_name, token) => {
    expect(await verify(token)).toBeNull();
  });

  test("truncated, extended or spelt otherwise", async () => {
    const [header = "", payload = "", signature = ""] = ours.split(".");
    const variants = [
      ...Array.from({ length: ours.length }, (_, length) => ours.slice(0, length)),
      ...["A", "=", " ", "\n", ".", ".AAAA", "%00"].flatMap((more) => [ours + more, more + ours]),
      `${header}.${payload}.${signature}.${signature}`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}.${Buffer.from(signature, "base64url").toString("base64")}`,
      `${header}.${payload} .${signature}`,
      `Bearer ${ours}`,
    ];
    const accepted: string[] = [];
    for (const variant of variants) if ((await verify(variant)) !== null) accepted.push(variant);
    expect(accepted).toEqual([]);
  });

  test("any one bit of it turned, in its bytes or in its text", { timeout: 60_000 }, async () => {
    const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const parts = ours.split(".");
    const variants: string[] = [];
    for (const [at, part] of parts.entries()) {
      const bytes = Buffer.from(part, "base64url");
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const turned = Buffer.from(bytes);
        turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        variants.push(parts.with(at, turned.toString("base64url")).join("."));
      }
      for (let index = 0; index < part.length; index += 1) {
        for (let bit = 0; bit < 6; bit += 1) {
          const letter = ALPHABET.charAt(ALPHABET.indexOf(part.charAt(index)) ^ (1 << bit));
          variants.push(parts.with(at, part.slice(0, index) + letter + part.slice(index + 1)).join("."));
        }
      }
    }
    expect(variants.length).toBeGreaterThan(4_000);
    const accepted: string[] = [];
    for (const variant of variants) if ((await verify(variant)) !== null) accepted.push(variant);
    expect(accepted).toEqual([]);
  });
});

describe("the key set", () => {
  test("is published without its private parts", () => {
    const published = JSON.stringify(publicJwks(KEYS));
    expect(JSON.parse(published)).toEqual({
      keys: [
        { kty: "OKP", crv: "Ed25519", kid: "ed", alg: "EdDSA", use: "sig", x: ed.x },
        { kty: "EC", crv: "P-256", kid: "ec", alg: "ES256", use: "sig", x: ec.x, y: ec.y },
      ],
    });
    expect(published).not.toContain(String(ed.d));
    expect(published).not.toContain(String(ec.d));
  });

  test.each([
    ["no JSON", "replace-with-a-JWK-set"],
    ["no key", '{"keys":[]}'],
    ["a key without an id", JSON.stringify({ keys: [{ ...ed, kid: undefined }] })],
    ["an id twice", JSON.stringify({ keys: [ed, stranger] })],
    ["a first key that cannot sign", JSON.stringify({ keys: [{ ...ed, d: undefined }] })],
    ["a symmetric key", JSON.stringify({ keys: [{ kty: "oct", k: "c2VjcmV0", kid: "s" }] })],
    ["another curve", JSON.stringify({ keys: [{ ...ed, crv: "X25519" }] })],
    ["another algorithm", JSON.stringify({ keys: [{ ...ed, alg: "HS256" }] })],
  ])("is refused with %s, and no part of it is told", (_name, text) => {
    const told = (() => {
      try {
        parseAccessTokenKeys(text);
        return null;
      } catch (error) {
        return String(error);
      }
    })();
    expect(told).toMatch(/ACCESS_TOKEN_KEYS/);
    expect(told).not.toContain(String(ed.d));
    expect(told).not.toContain(String(ed.x));
  });
});
