/** `Range` of RFC 9110 §14, one range of bytes only; R2 itself answers a bad range with the whole object. */
export type ByteRange = { readonly offset: number; readonly length: number };

/**
 * `null`: no range asked, or several, or not of bytes: the whole content answers (RFC 9110 allows it).
 * `unsatisfiable`: 416.
 */
export function parseRange(header: string | null, sizeBytes: number): ByteRange | null | "unsatisfiable" {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  if (match === null) return null;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return null;
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { offset: sizeBytes - length, length };
  }
  const offset = Number(first);
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== "" && Number(last) < offset) return null;
  return offset >= sizeBytes ? "unsatisfiable" : { offset, length: end - offset + 1 };
}
