/** Crockford's base 32, upper case: sorts as it counts, no letters that look like digits. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export type IdPrefix = "ast" | "job" | "ten" | "key" | "evt" | "req" | "agt" | "usr" | "ses" | "aud";

/**
 * A time-ordered id: prefix, 10 characters of milliseconds and 16 of randomness (the layout of a ULID).
 * `random` needs at least 16 bytes; only the low five bits of each are used.
 */
export function newId(prefix: IdPrefix, nowMs: number, random: Uint8Array): string {
  let time = "";
  let rest = nowMs;
  for (let i = 0; i < 10; i += 1) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let tail = "";
  for (let i = 0; i < 16; i += 1) tail += ALPHABET.charAt((random[i] ?? 0) & 31);
  return `${prefix}_${time}${tail}`;
}
