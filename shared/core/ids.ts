/** Crockford's base 32, upper case: sorts as it counts, no letters that look like digits. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Every two letters, by their number: each event and each request has an id. */
const PAIRS = Array.from({ length: 1024 }, (_, index) => ALPHABET.charAt(index >> 5) + ALPHABET.charAt(index & 31));

export type IdPrefix = "ast" | "job" | "ten" | "key" | "evt" | "req" | "agt" | "usr" | "ses" | "aud";

/**
 * A time-ordered id: prefix, 10 characters of milliseconds and 16 of randomness (the layout of a ULID).
 * `random` needs at least 16 bytes; only the low five bits of each are used.
 */
export function newId(prefix: IdPrefix, nowMs: number, random: Uint8Array): string {
  let time = "";
  for (let rest = nowMs; time.length < 10; rest = Math.floor(rest / 1024)) time = `${PAIRS[rest % 1024]}${time}`;
  let tail = "";
  for (let i = 0; i < 16; i += 2) tail += PAIRS[(((random[i] ?? 0) & 31) << 5) | ((random[i + 1] ?? 0) & 31)];
  return `${prefix}_${time}${tail}`;
}
