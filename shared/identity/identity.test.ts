import { scryptSync } from "node:crypto";
import { Secret } from "otpauth";
import { describe, expect, test } from "vitest";
import { DUMMY_HASH, hashPassword, verifyPassword } from "./password-hash.ts";
import { newRecoveryCodes, spendRecoveryCode } from "./recovery-codes.ts";
import { open, seal } from "./seal.ts";
import { hashSecret, newSecret, secretMatches } from "./secret.ts";
import { newTotpSecret, totpUri, verifyTotp } from "./totp.ts";

describe("password hashes", () => {
  test("a hash fits its password only, and asks for the parameters in force", () => {
    const hash = hashPassword("vK7#mQ2x");
    expect(hash).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(verifyPassword("vK7#mQ2x", hash)).toEqual({ ok: true, outdated: false });
    expect(verifyPassword("vK7#mQ2y", hash)).toEqual({ ok: false, outdated: false });
    expect(hashPassword("vK7#mQ2x")).not.toBe(hash);
  });

  test("the same text in another normal form is the same password", () => {
    expect(verifyPassword("e\u0301tude", hashPassword("\u00e9tude")).ok).toBe(true);
  });

  test("a hash with weaker parameters fits and is outdated", () => {
    const salt = Buffer.alloc(16, 7);
    const key = scryptSync("old", salt, 32, { N: 16_384, r: 8, p: 1 });
    const hash = `scrypt$16384$8$1$${salt.toString("base64url")}$${key.toString("base64url")}`;
    expect(verifyPassword("old", hash)).toEqual({ ok: true, outdated: true });
  });

  test("the hash of nobody takes the same work", () => {
    expect(verifyPassword("anything", DUMMY_HASH)).toEqual({ ok: false, outdated: false });
  });

  test("more work than the platform allows, or no hash, is loud", () => {
    expect(() => verifyPassword("x", DUMMY_HASH.replace("$8$1$", "$8$5$"))).toThrow("more work than the platform");
    expect(() => verifyPassword("x", "plain")).toThrow("malformed");
  });
});

/** RFC 6238, appendix B, SHA-1: the last six of its eight digits. */
const RFC_SECRET = Secret.fromUTF8("12345678901234567890").base32;
describe("one-time passwords", () => {
  test.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ])("at %d s the code is %s", (seconds, code) => {
    expect(verifyTotp(RFC_SECRET, code, seconds * 1000, -1)).toBe(Math.floor(seconds / 30));
  });

  test("a code works one step before and after its own, and once", () => {
    const at = 1_111_111_111_000;
    const step = 37_037_037;
    expect(verifyTotp(RFC_SECRET, "050 471", at + 30_000, -1)).toBe(step);
    expect(verifyTotp(RFC_SECRET, "050471", at - 30_000, -1)).toBe(step);
    expect(verifyTotp(RFC_SECRET, "050471", at + 60_000, -1)).toBeNull();
    expect(verifyTotp(RFC_SECRET, "050471", at - 60_000, -1)).toBeNull();
    expect(verifyTotp(RFC_SECRET, "050471", at, step)).toBeNull();
    expect(verifyTotp(RFC_SECRET, "050471", at, step + 1)).toBeNull();
    for (const bad of ["", "50471", "0504711", "05047a", "٠٥٠٤٧١"])
      expect(verifyTotp(RFC_SECRET, bad, at, -1)).toBeNull();
  });

  test("an authenticator app gets a new secret of 160 bits", () => {
    const secret = newTotpSecret();
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(totpUri(secret, "ada@example.com")).toContain(`secret=${secret}`);
  });
});

test("a recovery code is spent once, however it is typed", () => {
  const { codes, hashes } = newRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  expect(codes[3]).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  const left = spendRecoveryCode(
    hashes,
    ` ${(codes[3] ?? "").toLowerCase().replaceAll("-", "").replaceAll("0", "o")} `,
  );
  expect(left).toEqual(hashes.filter((_, at) => at !== 3));
  expect(spendRecoveryCode(left ?? [], codes[3] ?? "")).toBeNull();
  expect(spendRecoveryCode(hashes, "")).toBeNull();
});

test("a secret is kept as its SHA-256", () => {
  expect(hashSecret("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const secret = newSecret();
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(secretMatches(secret, hashSecret(secret))).toBe(true);
  expect(secretMatches(secret, hashSecret(newSecret()))).toBe(false);
  expect(secretMatches(secret, "")).toBe(false);
});

describe("sealed texts", () => {
  const OLD = { id: "e1", secret: "fedcba9876543210fedcba9876543210" };
  const NEW = { id: "e2", secret: "0123456789abcdef0123456789abcdef" };

  test("open for the same context, also after the keys were rotated", () => {
    const sealed = seal([OLD], "JBSWY3DP", "totp usr_1");
    expect(sealed).not.toContain("JBSWY3DP");
    expect(seal([OLD], "JBSWY3DP", "totp usr_1")).not.toBe(sealed);
    expect(open([NEW, OLD], sealed, "totp usr_1")).toBe("JBSWY3DP");
    expect(open([OLD], sealed, "totp usr_2")).toBeNull();
    expect(open([NEW], sealed, "totp usr_1")).toBeNull();
    expect(open([{ ...NEW, id: "e1" }], sealed, "totp usr_1")).toBeNull();
  });

  test("any changed or missing byte keeps it shut", () => {
    const [version, id, body = ""] = seal([OLD], "text", "c").split(".");
    const bytes = Buffer.from(body, "base64url");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      expect(open([OLD], `${version}.${id}.${changed.toString("base64url")}`, "c")).toBeNull();
      expect(open([OLD], `${version}.${id}.${bytes.subarray(0, at).toString("base64url")}`, "c")).toBeNull();
    }
  });
});
