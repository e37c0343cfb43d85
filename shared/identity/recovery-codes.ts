/**
 * Codes that stand in for a lost authenticator, each for one login: four groups of four characters of Crockford's base 32. Their
 * 80 random bits need no slow hash.
 */
import { randomBytes } from "node:crypto";
import { hashSecret, secretMatches } from "./secret.ts";

const COUNT = 10;
const LENGTH = 16;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** As typed by hand: any case, with or without dashes, the letters that look like digits read as digits. */
const normalise = (code: string): string =>
  code.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");

function newCode(): string {
  const letters = [...randomBytes(LENGTH)].map((byte) => ALPHABET.charAt(byte & 31)).join("");
  return letters.replaceAll(/(.{4})(?=.)/g, "$1-");
}

/** The codes are shown once; only the hashes are kept. */
export function newRecoveryCodes(): { readonly codes: readonly string[]; readonly hashes: readonly string[] } {
  const codes = Array.from({ length: COUNT }, newCode);
  return { codes, hashes: codes.map((code) => hashSecret(normalise(code))) };
}

/** The hashes that remain when the code is spent, or null when it is none of them. */
export function spendRecoveryCode(hashes: readonly string[], code: string): readonly string[] | null {
  const given = normalise(code);
  const spent = hashes.filter((hash) => secretMatches(given, hash));
  return spent.length === 0 ? null : hashes.filter((hash) => !spent.includes(hash));
}
