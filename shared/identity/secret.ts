/** Random secrets that are looked at once and kept as a hash: 256 bits need no slow one. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 32 random bytes in base 16. */
export const newSecret = (): string => randomBytes(32).toString("hex");

/** SHA-256 in base 16: what is kept. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Takes the same time wherever the two differ. */
export function secretMatches(secret: string, hash: string): boolean {
  const expected = Buffer.from(hash, "hex");
  const given = createHash("sha256").update(secret).digest();
  return expected.length === given.length && timingSafeEqual(given, expected);
}
