/** `Prefer: wait=n` (RFC 7240, 4.3): the answer waits up to n seconds for what is asked for. */
import type { Context } from "hono";
import type { ApiEnv } from "./deps.ts";

export const MAX_WAIT_SECONDS = 30;

export const PREFER_HEADER = {
  Prefer: `\`wait=<seconds>\`: wait for the end, at most ${MAX_WAIT_SECONDS} s; whatever is so by then is answered`,
};
export const PREFERENCE_APPLIED_HEADER = { "Preference-Applied": "The preference that was followed" };

const WAIT = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=$|[,;])/i;

/** Milliseconds; 0 for none. Unknown and malformed preferences are passed over, as the RFC wants it. More than can be waited is cut. */
export function preferredWaitMs(c: Context<ApiEnv>): number {
  const [, seconds] = WAIT.exec(c.req.header("prefer") ?? "") ?? [];
  if (seconds === undefined) return 0;
  const waited = Math.min(Number(seconds), MAX_WAIT_SECONDS);
  c.header("Preference-Applied", `wait=${waited}`);
  return waited * 1000;
}
