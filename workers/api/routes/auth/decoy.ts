import { createHmac } from "node:crypto";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * The account that answers for a login nobody has: always the same one for the same login, so that failures count and lock
 * as they do on a real account, by the same code in the same time. Nobody can tell its id without the key.
 */
export function decoyUserId(key: string, tenant: string, login: string): string {
  const bytes = createHmac("sha256", key).update(`decoy account\n${tenant}\n${login.trim().toLowerCase()}`).digest();
  return `usr_${Array.from(bytes.subarray(0, 26), (byte) => ALPHABET.charAt(byte & 31)).join("")}`;
}
