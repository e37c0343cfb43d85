/**
 * The `Range` header (RFC 9110, 14.2), read by ourselves because the bucket answers a range it does not like with the
 * whole object.
 */
export type ByteRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly offset: number; readonly length: number }
  | { readonly kind: "unsatisfiable" };

const ONE_RANGE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * The part of `sizeBytes` that the header asks for. Several ranges, other units and anything malformed mean the whole,
 * as the RFC allows.
 */
export function parseRange(header: string | null, sizeBytes: number): ByteRange {
  const match = header === null ? null : ONE_RANGE.exec(header);
  if (match === null) return { kind: "whole" };
  const [, first = "", last = ""] = match;
  if (first === "") return last === "" ? { kind: "whole" } : suffix(Number(last), sizeBytes);
  const start = Number(first);
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  return start >= sizeBytes ? { kind: "unsatisfiable" } : { kind: "part", offset: start, length: end - start + 1 };
}

function suffix(wanted: number, sizeBytes: number): ByteRange {
  const length = Math.min(wanted, sizeBytes);
  return length === 0 ? { kind: "unsatisfiable" } : { kind: "part", offset: sizeBytes - length, length };
}
