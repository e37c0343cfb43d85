/** W3C Trace Context, level 1: the header `traceparent`. Pure. */
export type TraceContext = {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  readonly sampled: boolean;
};

const PATTERN = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Null for what is malformed. A version above 00 is read as far as 00 goes (Trace Context, 4.3). */
export function parseTraceparent(header: string): TraceContext | null {
  const [, version = "ff", traceId = "", spanId = "", flags = "", more] = PATTERN.exec(header) ?? [];
  if (version === "ff" || (version === "00" && more !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The caller's trace goes on with a span of our own; without a sound one a new trace begins, which nobody samples. */
export function continueTrace(header: string | undefined, random: (bytes: number) => Uint8Array): TraceContext {
  return spanOf(header === undefined ? null : parseTraceparent(header), random);
}

/** A span of our own in the given trace, or in a new one. */
export function spanOf(given: TraceContext | null, random: (bytes: number) => Uint8Array): TraceContext {
  return {
    traceId: given?.traceId ?? hex(random(16)),
    spanId: hex(random(8)),
    sampled: given?.sampled ?? false,
  };
}

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;

/** For log lines: the id of a trace that may be none. */
export const traceIdOf = (header: string | null | undefined): string | null =>
  header == null ? null : (parseTraceparent(header)?.traceId ?? null);

const hex = (bytes: Uint8Array): string => {
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return /^0+$/.test(digits) ? `${digits.slice(1)}1` : digits;
};
