/**
 * What of a change may stand in the audit log. Pure.
 *
 * R1 The value of a member whose name has one of `SECRET_WORDS` in it, in any case, is replaced, whatever it is.
 * R2 A text that has the form of one of this system's own credentials is replaced, whatever its name.
 * R3 No text is longer than 1,000 characters, and the whole no longer than the limit as JSON (requirements §4.10).
 */
import { canonicalJson } from "../canonical-json.ts";

export type Detail = null | boolean | number | string | readonly Detail[] | { readonly [name: string]: Detail };

export const SECRET_WORDS = [
  "password",
  "token",
  "secret",
  "key",
  "credential",
  "authorization",
  "cookie",
  "session",
] as const;

export const REDACTED = "[redacted]";
export const MAX_VALUE_CHARS = 1_000;
/** Of what was before and what is after together. */
export const MAX_DETAIL_CHARS = 10_000;

const MAX_DEPTH = 16;
const MAX_MEMBERS = 200;
/** API keys and refresh tokens, JSON Web Tokens, and authorization headers. */
const CREDENTIAL =
  /aim[a-z]_[0-9A-Za-z]+_[0-9A-Za-z_]{8,}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+|\b(?:bearer|basic)\s+[!-~]{8,}/gi;

const isSecret = (name: string): boolean => {
  const plain = name.toLowerCase();
  return SECRET_WORDS.some((word) => plain.includes(word));
};

/** Cut at a number of UTF-16 units, never within a character; credentials are replaced. */
export function redactText(text: string, maxChars: number = MAX_VALUE_CHARS): string {
  // Only what can be kept is searched, with room for a credential that the cut would have split.
  const near = text.slice(0, maxChars + 4_096).replaceAll(CREDENTIAL, REDACTED);
  return (near.length <= maxChars ? near : `${near.slice(0, maxChars - 1)}…`).toWellFormed();
}

function clean(value: unknown, depth: number): Detail {
  if (value === null || value === undefined || typeof value === "boolean") return value ?? null;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object") return null;
  if (depth >= MAX_DEPTH) return "[nested too deeply]";
  if (Array.isArray(value)) return value.slice(0, MAX_MEMBERS).map((item) => clean(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_MEMBERS)
      .map(([name, member]) => [redactText(name, 100), isSecret(name) ? REDACTED : clean(member, depth + 1)]),
  );
}

/** The value without secrets and as JSON at most `maxChars` long; a larger one becomes the beginning of its text. */
export function redact(value: unknown, maxChars: number = MAX_DETAIL_CHARS / 2): Detail {
  const cleaned = clean(value, 0);
  const text = canonicalJson(cleaned);
  if (text.length <= maxChars) return cleaned;
  // A text is escaped when it stands in JSON: each of its characters may become six.
  let begins = text.slice(0, maxChars - 100);
  while (JSON.stringify(begins).length > maxChars - 60) begins = begins.slice(0, Math.floor(begins.length * 0.9));
  return { begins: begins.toWellFormed(), chars: text.length, truncated: true };
}
