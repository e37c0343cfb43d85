import { describe, expect, it } from "vitest";
import { generationOf, refreshSecret } from "./refresh-secret.ts";

const OLD = { id: "k1", secret: "0123456789abcdef0123456789abcdef" };
const NEW = { id: "k2", secret: "fedcba9876543210fedcba9876543210" };
const SESSION = { sessionId: "ses_1", salt: "00112233445566778899aabbccddeeff" };

describe("refresh secrets", () => {
  it("tell their generation, and are the same each time", () => {
    const secret = refreshSecret([OLD], { ...SESSION, generation: 258 });
    expect(secret).toMatch(/^00000102[0-9a-f]{56}$/);
    expect(refreshSecret([OLD], { ...SESSION, generation: 258 })).toBe(secret);
    expect(generationOf([OLD], SESSION, secret)).toBe(258);
  });

  it("are recognised under every key, and made with the first", () => {
    const secret = refreshSecret([OLD], { ...SESSION, generation: 1 });
    expect(generationOf([NEW, OLD], SESSION, secret)).toBe(1);
    expect(generationOf([NEW], SESSION, secret)).toBeNull();
    expect(refreshSecret([NEW, OLD], { ...SESSION, generation: 1 })).not.toBe(secret);
  });

  it("with any digit changed, or of another session, are nobody's", () => {
    const secret = refreshSecret([OLD], { ...SESSION, generation: 1 });
    for (let at = 0; at < secret.length; at += 1) {
      const digit = secret[at] === "0" ? "1" : "0";
      expect(generationOf([OLD], SESSION, secret.slice(0, at) + digit + secret.slice(at + 1))).toBeNull();
    }
    expect(generationOf([OLD], { ...SESSION, sessionId: "ses_2" }, secret)).toBeNull();
    expect(generationOf([OLD], { ...SESSION, salt: "ff".repeat(16) }, secret)).toBeNull();
    for (const malformed of ["", secret.slice(1), secret.toUpperCase(), `${secret}0`]) {
      expect(generationOf([OLD], SESSION, malformed)).toBeNull();
    }
  });
});
