/** Addresses of mails, as they may stand in a header: no text from outside ends a line or begins another header. */

/** One address and no more: no comment, no quotes, no list, nothing that a header would read as something else. */
const ADDRESS = /^[^\s<>@,;:"()[\]\\\p{Cc}]{1,64}@[^\s<>@,;:"()[\]\\\p{Cc}]{1,255}$/u;
const MAX_NAME_CHARS = 100;

export type Sender = { readonly name: string; readonly email: string };

export const isAddress = (text: string): boolean => ADDRESS.test(text);

/** From `Name <address>`, or an address alone, which has the name ""; null for anything else. */
export function senderOf(text: string): Sender | null {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return null;
  const [, before = "", email = text] = /^([^<>]*)<([^<>]*)>$/.exec(text) ?? [];
  const name = before.trim().replace(/^"([^"]*)"$/, "$1");
  return isAddress(email) && name.length <= MAX_NAME_CHARS && !/["\\]/.test(name) ? { name, email } : null;
}
