/** Work that an answer does not wait for. */
import type { Context } from "hono";
import type { ApiEnv } from "./deps.ts";
import { logLine } from "./log.ts";

/**
 * Kept alive by the platform after the answer; where there is none that could, the answer waits. What fails has a line in
 * the log, named by `faultEvent`.
 */
export async function afterAnswer(c: Context<ApiEnv>, work: Promise<unknown>, faultEvent: string): Promise<void> {
  const settled = work.catch((error: unknown) => {
    reportFault(faultEvent, error);
  });
  const context = executionContext(c);
  if (context === null) await settled;
  else context.waitUntil(settled);
}

export function executionContext(c: Context<ApiEnv>): { waitUntil(work: Promise<unknown>): void } | null {
  try {
    return c.executionCtx;
  } catch {
    return null; // Hono has no other way to ask whether there is one.
  }
}

export function reportFault(event: string, error: unknown): void {
  logLine({ event, error: error instanceof Error ? error.message : String(error) });
}
