import { createHash } from "node:crypto";

const BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH = 27;

/**
 * The asset id that belongs to an idempotency key: the same for the same tenant and key, whoever computes it. So a
 * repeated creation reaches the same object, which tells a repetition from a conflict. 160 bits of SHA-256.
 */
export function assetIdOfKey(tenant: string, key: string): string {
  let rest = BigInt(`0x${createHash("sha256").update(`asset\n${tenant}\n${key}`).digest("hex").slice(0, 40)}`);
  let digits = "";
  for (let i = 0; i < LENGTH; i += 1) {
    digits = BASE_62.charAt(Number(rest % 62n)) + digits;
    rest /= 62n;
  }
  return `ast_${digits}`;
}
