/** Asking every route that there is. Made from the route table, so a new route is crawled without being named here. */
import type { ApiRoute } from "../../workers/api/route.ts";
import { ROUTES } from "../../workers/api/routes/table.ts";
import { faultsOf } from "./contract.ts";
import type { RawAnswer, RawRequest, Send } from "./raw-request.ts";
import { CANARY, type Ids } from "./tenants.ts";

export const nameOf = ({ method, path }: ApiRoute): string => `${method.toUpperCase()} ${path}`;

const ORDER = ["get", "put", "post", "patch", "delete"];

/** Reads first, what takes away last, and the inner before the outer: each request still finds what it names. */
const inOrder = ROUTES.toSorted(
  (a, b) => ORDER.indexOf(a.method) - ORDER.indexOf(b.method) || b.path.length - a.path.length,
).map((route) => ({ name: nameOf(route), route }));

export const guarded = inOrder.filter(({ route }) => route.permission !== null);
export const open = inOrder.filter(({ route }) => route.permission === null);
/** Those that name something of a tenant. */
export const ofTenant = guarded.filter(
  ({ route }) => /\{\w+\}/.test(route.path) && route.permission !== "platform:operate",
);
/**
 * What their paths name is counted in each tenant by itself, so nobody's is there for another: the number of a row in the
 * caller's own log, and what is counted on a subject by the caller's own limits.
 */
export const NO_ID: ReadonlySet<string> = new Set(["getAuditRow", "resetRateLimits"]);
/** These end the session that they are asked by, or all of its user. */
export const ENDS_SESSION: ReadonlySet<string> = new Set(["logout", "revokeMySession"]);
export const reading = inOrder.filter(({ route }) => route.method === "get");
export const changing = guarded.filter(({ route }) => route.method !== "get");

export const paramsOf = (path: string): readonly string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

/** The request that the document shows, about the things with these ids. */
export function requestTo(
  route: ApiRoute,
  ids: Ids,
  authorization: string | null,
  method = route.method.toUpperCase(),
): RawRequest {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => ids[name] ?? "");
  const needed: Readonly<Record<string, string>> = { q: "canary", confirm: ids["tenantId"] ?? "" };
  const given = Object.entries(needed).filter(([name]) => name in route.query.shape);
  const query = given.length === 0 ? "" : `?${given.map((pair) => pair.join("=")).join("&")}`;
  return {
    method,
    path: `${path}${query}`,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(route.body === null ? {} : { "content-type": "application/json" }),
    },
    body: route.body !== null ? JSON.stringify(route.bodyExample ?? {}) : route.takesBytes === true ? CANARY : null,
  };
}

export const codeOf = ({ body }: RawAnswer): unknown =>
  body === "" ? null : (JSON.parse(body) as { code?: unknown }).code;

/** Sends, judges each answer by the document, and counts. */
export class Crawl {
  readonly #send: Send;
  readonly #counts = new Map<string, number>();

  constructor(send: Send) {
    this.#send = send;
  }

  /** Sent, and found to be as documented; throws what is wrong otherwise. */
  async ask(who: string, route: ApiRoute, asked: RawRequest): Promise<RawAnswer> {
    const answer = await this.#send(asked);
    const key = `${who} ${answer.status}:`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    const faults = faultsOf({ route, method: asked.method, answer });
    if (faults.length > 0) throw new Error(`${nameOf(route)} by ${who}: ${faults.join("; ")}: ${answer.body}`);
    return answer;
  }

  /** How often whom was answered with what. */
  get summary(): string {
    const shown = [...this.#counts].map(([who, count]) => `${who} ${count}`);
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    return `crawled ${total}: ${shown.toSorted((a, b) => a.localeCompare(b)).join(", ")}\n`;
  }
}

/**
 * What is answered otherwise than with a success of its kind to who may: nothing has been analysed, unless there is an
 * agent; a login at the provider begins with a redirect to it, and none ends in a browser that has begun none; no tenant is
 * being deleted.
 */
export const OTHERWISE: Readonly<Record<string, number>> = {
  downloadArtifact: 404,
  startOidcLogin: 302,
  finishOidcLogin: 401,
  getTenantDeletion: 404,
  retryTenantDeletion: 404,
};
