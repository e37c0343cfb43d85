/**
 * The two names a person logs in with. Both are compared and stored in their normal form only, so that no two accounts
 * differ by case or by characters that look alike. Pure.
 */

const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
const USERNAME = /^[a-z0-9_-]{3,50}$/;

/**
 * The address in lower case, or null for what is none. ASCII only: a domain in another script is given in its `xn--`
 * form. The lengths (64 before the at sign, 254 in all) are those of RFC 5321.
 */
export function normaliseEmail(text: string): string | null {
  const email = text.trim().toLowerCase();
  const at = email.lastIndexOf("@");
  if (email.length > 254 || at < 1 || at > 64) return null;
  return LOCAL_PART.test(email.slice(0, at)) && DOMAIN.test(email.slice(at + 1)) ? email : null;
}

/** 3 to 50 letters, digits, `_` and `-` in lower case; null for anything else. It never has the `@` of an address. */
export function normaliseUsername(text: string): string | null {
  const username = text.trim().toLowerCase();
  return USERNAME.test(username) ? username : null;
}
