/**
 * The two places where a request meets its limits. Before authentication its address is counted, and only that: who
 * knows the id of a key cannot spend its owner's limit. After it, tenant, user, key and route are counted together.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { clientAddress } from "../../access/limits/client-address.ts";
import { limitFields, retryAfterSeconds } from "../../access/limits/limit-fields.ts";
import type { LimitVerdict } from "../../access/limits/limits.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";

export const addressLimit = (deps: Pick<ApiDeps, "limits">) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const verdict = await deps.limits.address(clientAddress(c.req.raw.headers), limitedRequest(c));
    if (verdict.kind === "allowed" && verdict.reports.some(({ rule }) => rule === "auth"))
      countedAtMs.set(c, verdict.atMs);
    return pass(c, verdict, next);
  });

/** After `authenticate`; lets a request without a principal by. */
export const principalLimit = (deps: Pick<ApiDeps, "limits">) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const principal = c.get("principal");
    if (principal === null) return next();
    return pass(c, await deps.limits.principal(principal, limitedRequest(c)), next);
  });

/** When a request was counted by the rule `auth` of its address. By context: the limit of bodies puts another `Request` in its place. */
const countedAtMs = new WeakMap<Context<ApiEnv>, number>();

/**
 * For the routes that check a password, code or token: it was right, so the attempt does not count on its address. The
 * attempt was counted before the check, so that many at once are no more than the limit.
 */
export async function loginSucceeded(c: Context<ApiEnv>, deps: Pick<ApiDeps, "limits">): Promise<void> {
  const atMs = countedAtMs.get(c);
  if (atMs !== undefined) await deps.limits.loginSucceeded(clientAddress(c.req.raw.headers), limitedRequest(c), atMs);
}

/** By `get`: `c.var` makes an object of all variables each time. */
const limitedRequest = (c: Context<ApiEnv>) => ({ method: c.req.method, route: c.get("route") });

async function pass(
  c: Context<ApiEnv>,
  verdict: LimitVerdict,
  next: () => Promise<void>,
): Promise<Response | undefined> {
  if (verdict.kind === "unavailable") {
    return problem(c, "limits_unavailable", "Whether this request is within its limits cannot be told at the moment.");
  }
  if (verdict.kind === "limited") {
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
  await next();
  // The limits that were met last say more than those of the address, which an inner answer does not replace.
  if (!c.res.headers.has("ratelimit")) setLimitFields(c, verdict);
  return undefined;
}

/** Writes into the answer itself: `c.header` would make another `Response` for each of them. */
function setLimitFields(c: Context<ApiEnv>, { reports, report }: LimitVerdict & { readonly kind: "allowed" }): void {
  const fields = Object.entries(limitFields(reports, report));
  try {
    for (const [name, value] of fields) c.res.headers.set(name, value);
  } catch {
    // What the platform itself has answered cannot be changed, a copy can.
    for (const [name, value] of fields) c.header(name, value);
  }
}
