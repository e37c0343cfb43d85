/**
 * A value as PostgreSQL can keep it: it has no NUL character and no half of a surrogate pair, both of which recognised
 * text may contain. NUL is left out, a lone half becomes U+FFFD; names of members likewise.
 */
export function storable(value: unknown): unknown {
  if (typeof value === "string") return storableText(value);
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [storableText(name), storable(member)]));
  }
  return value;
}

/** A text as PostgreSQL can keep it. */
export function storableText(text: string): string {
  return text.replaceAll("\u0000", "").toWellFormed();
}
