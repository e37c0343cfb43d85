import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseSigningKeys, signToken, verifyToken } from "./signed-token.ts";

const KEYS = parseSigningKeys(`k2:${"b".repeat(32)},k1:${"a".repeat(32)}`);
const Claims = z.strictObject({ use: z.literal("test"), exp: z.int() });
const claims = { use: "test", exp: 2_000 } as const;

describe("a signed token", () => {
  it("tells what was signed until it expires, at the first look and at later ones", async () => {
    const token = await signToken(KEYS, claims);
    for (const nowMs of [0, 1_999_999, 1_000]) expect(await verifyToken(KEYS, token, Claims, nowMs)).toEqual(claims);
    expect(await verifyToken(KEYS, token, Claims, 2_000_000)).toBeNull();
    expect(await verifyToken(KEYS, await signToken(KEYS, claims), Claims, 2_000_001)).toBeNull();
  });

  it("is what HMAC-SHA256 makes of its key, computed elsewhere", async () => {
    // printf 'k2.eyJ1c2UiOiJ0ZXN0IiwiZXhwIjoyMDAwfQ' | openssl dgst -sha256 -hmac $(printf 'b%.0s' {1..32}) -binary | basenc --base64url
    expect(await signToken(KEYS, claims)).toBe(
      "k2.eyJ1c2UiOiJ0ZXN0IiwiZXhwIjoyMDAwfQ.tEuFf3yw4iB5ICML75qQqMPUKrKNQj0DCehCOS-cbVs",
    );
  });

  it("is refused with any character changed, under another key, or for another use", async () => {
    const token = await signToken(KEYS, claims);
    expect(await verifyToken(KEYS, token, Claims, 0)).toEqual(claims);
    for (let at = 0; at < token.length - 1; at += 1) {
      const other = token[at] === "A" ? "B" : "A";
      expect(await verifyToken(KEYS, token.slice(0, at) + other + token.slice(at + 1), Claims, 0)).toBeNull();
    }
    expect(await verifyToken(parseSigningKeys(`k2:${"c".repeat(32)}`), token, Claims, 0)).toBeNull();
    expect(await verifyToken(KEYS, token, z.strictObject({ use: z.literal("other"), exp: z.int() }), 0)).toBeNull();
    for (const bad of ["", ".", "..", `${token}.`, token.slice(0, -1), `${token}A`])
      expect(await verifyToken(KEYS, bad, Claims, 0)).toBeNull();
  });

  it("of a key that signs no more is still good", async () => {
    const token = await signToken(KEYS.slice(1), claims);
    expect(token.startsWith("k1.")).toBe(true);
    expect(await verifyToken(KEYS, token, Claims, 0)).toEqual(claims);
  });
});
