/** Which rules count a request, and on whose account. Pure. */
import type { Role } from "../access/permissions.ts";
import type { LimitRule } from "./rule.ts";

export type LimitedRequest = {
  readonly method: string;
  /** The pattern of the route; `none` where nothing matches. */
  readonly route: string;
};

/** Whose credentials a request had, after they were checked. */
export type LimitedCaller =
  | { readonly kind: "api-key"; readonly id: string }
  | { readonly kind: "user"; readonly id: string; readonly role: Role };

/** A rule and the account that it counts on. */
export type Applicable = { readonly rule: LimitRule; readonly subject: string };

const fits = (rule: LimitRule, { method, route }: LimitedRequest): boolean =>
  rule.enabled &&
  (rule.methods === null || rule.methods.some((each) => each === (method === "HEAD" ? "GET" : method))) &&
  (rule.routes === null || rule.routes.includes(route));

/** Rules of an address: the only ones that count a request before anybody has proved who it is from. */
export const addressRules = (rules: readonly LimitRule[], request: LimitedRequest): readonly Applicable[] =>
  rules
    .filter((rule) => rule.scope === "address" && rule.roles === null && fits(rule, request))
    .map((rule) => ({ rule, subject: "address" }));

/** Rules that all requests share: counted after authentication only, so that strangers cannot use them up. */
export const globalRules = (rules: readonly LimitRule[], request: LimitedRequest): readonly Applicable[] =>
  rules.filter((rule) => rule.scope === "global" && fits(rule, request)).map((rule) => ({ rule, subject: "global" }));

/** Rules of the tenant, its users, keys and routes, for a caller who has proved to be theirs. */
export function principalRules(
  rules: readonly LimitRule[],
  caller: LimitedCaller,
  request: LimitedRequest,
): readonly Applicable[] {
  return rules.flatMap((rule) => {
    const ofRole = rule.roles === null || (caller.kind === "user" && rule.roles.includes(caller.role));
    const subject = ofRole && fits(rule, request) ? subjectOf(rule, caller, request) : null;
    return subject === null ? [] : [{ rule, subject }];
  });
}

function subjectOf({ scope }: LimitRule, caller: LimitedCaller, { method, route }: LimitedRequest): string | null {
  if (scope === "tenant") return "tenant";
  if (scope === "route") return `route:${method} ${route}`;
  if (scope === "user") return caller.kind === "user" ? `user:${caller.id}` : null;
  if (scope === "key") return caller.kind === "api-key" ? `key:${caller.id}` : null;
  return null;
}
