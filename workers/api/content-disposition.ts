/** Bytes that a header value may carry as they are in an extended parameter (RFC 8187, attr-char). */
const ATTR_CHAR = /[!#$&+.^_`|~0-9A-Za-z-]/;

/** `Content-Disposition` with the name as ASCII for old readers and as UTF-8 (RFC 6266, 8187) for all others. */
export function contentDisposition(kind: "attachment" | "inline", name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1) || "download";
  const ascii = base.replaceAll(/[^ !#-[\]-~]/g, "_");
  let encoded = "";
  for (const byte of new TextEncoder().encode(base.toWellFormed())) {
    const char = String.fromCharCode(byte);
    encoded += ATTR_CHAR.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
