/** Entity tags (RFC 9110, 8.8.3 and 13.1). */
const opaque = (tag: string): string => tag.trim().replace(/^W\//, "");

/** Whether `If-None-Match` names the tag: weak comparison, `*` names every tag. */
export function namesTag(header: string | undefined, tag: string): boolean {
  return header !== undefined && header.split(",").some((one) => one.trim() === "*" || opaque(one) === opaque(tag));
}

/** Whether `If-Match` or `If-Range` holds for the tag: strong comparison, so a weak tag never does. */
export function holdsTag(header: string, tag: string): boolean {
  return header.split(",").some((one) => one.trim() === "*" || (one.trim() === tag && !tag.startsWith("W/")));
}
