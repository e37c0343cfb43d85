/** Receives one event. Fields carry no secret: no token, and no URL, because a signed URL is one. */
export type Log = (event: string, fields?: Readonly<Record<string, string | number | boolean | null>>) => void;

/** One JSON line per event on standard error. */
export const logToStderr: Log = (event, fields = {}) => {
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...fields })}\n`);
};

/**
 * An error in one line. Keeps the code of a network error, which is in its cause, and leaves out every URL, because
 * some runtimes quote the address in the message.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, 500);
  const { cause } = error;
  const detail = cause instanceof Error ? `: ${"code" in cause ? String(cause.code) : cause.message}` : "";
  return `${error.message}${detail}`.replace(/https?:\/\/\S+/g, "<url>").slice(0, 500);
}
