/** What the limits of a request say in its answer. */
import type { Context } from "hono";
import { clientAddress } from "../../access/limits/client-address.ts";
import { limitFields, retryAfterSeconds } from "../../access/limits/limit-fields.ts";
import type { LimitVerdict } from "../../access/limits/limits.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";

type Allowed = LimitVerdict & { readonly kind: "allowed" };
type Limited = LimitVerdict & { readonly kind: "limited" };
type Unavailable = LimitVerdict & { readonly kind: "unavailable" };

export function refuseLimited(c: Context<ApiEnv>, verdict: Limited | Unavailable): Response {
  if (verdict.kind === "unavailable") {
    return problem(c, "limits_unavailable", "Whether this request is within its limits cannot be told at the moment.");
  }
  const wait = retryAfterSeconds(verdict.report);
  const why = verdict.report.penalised
    ? "Requests beyond the limit before this one have led to a pause"
    : "The limit is used up";
  return problem(
    c,
    "rate_limited",
    `${why}: the rule \`${verdict.report.rule}\` lets requests pass again in ${wait} s.`,
    {
      headers: { ...limitFields(verdict.reports, verdict.report), "retry-after": String(wait) },
    },
  );
}

/** Writes into the answer itself: `c.header` would make another `Response` for each of them. */
export function setLimitFields(c: Context<ApiEnv>, { reports, report }: Allowed): void {
  if (report === undefined) return;
  const fields = limitFields(reports, report);
  try {
    const { headers } = c.res;
    headers.set("ratelimit-policy", fields["ratelimit-policy"]);
    headers.set("ratelimit", fields.ratelimit);
  } catch {
    // What the platform itself has answered cannot be changed, a copy can.
    for (const [name, value] of Object.entries(fields)) c.header(name, value);
  }
}

/** When a request was counted by the rule `auth` of its address. By context: the limit of bodies puts another `Request` in its place. */
const countedAtMs = new WeakMap<Context<ApiEnv>, number>();

/** For `loginSucceeded`. */
export function noteAttempt(c: Context<ApiEnv>, { reports, atMs }: Allowed): void {
  if (reports.some(({ rule }) => rule === "auth")) countedAtMs.set(c, atMs);
}

/**
 * For the routes that check a password, code or token: it was right, so the attempt does not count on its address. The
 * attempt was counted before the check, so that many at once are no more than the limit.
 */
export async function loginSucceeded(c: Context<ApiEnv>, deps: Pick<ApiDeps, "limits">): Promise<void> {
  const atMs = countedAtMs.get(c);
  if (atMs === undefined) return;
  const request = { method: c.req.method, route: c.get("route") };
  await deps.limits.loginSucceeded(clientAddress(c.req.raw.headers), request, atMs);
}
