/** What the row of a request says: what it was about to do, and how it ended. */
import type { Context } from "hono";
import type { AuditEnding, AuditIntent } from "../../../shared/contracts/audit.ts";
import { PLATFORM_TENANT } from "../../../shared/core/access/permissions.ts";
import { eventOfAnswer, eventOfOperation, outcomeOf } from "../../../shared/core/audit/catalogue.ts";
import type { ApiEnv } from "../deps.ts";

/** What a handler knows better than the request tells. Details are redacted by the log. */
export type AuditNote = {
  readonly resource?: AuditIntent["resource"];
  readonly before?: unknown;
  readonly after?: unknown;
  /** Of public routes only: who was found to be meant. Name no tenant that does not exist. */
  readonly tenant?: string;
  readonly actor?: AuditIntent["actor"];
};

export type AuditEntry = { readonly intent: AuditIntent; readonly ending: AuditEnding };

type Ctx = Context<ApiEnv>;

export const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
/** An answer that names what it made is small; of others the id is not looked for. */
const MAX_ANSWER_CHARS = 64 * 1024;

export function intentOf(c: Ctx): AuditIntent {
  const { principal, requestId, route, operation, audit } = c.var;
  const { method } = c.req;
  return {
    tenant: principal?.tenant ?? audit?.tenant ?? PLATFORM_TENANT,
    event: eventOfOperation(operation, method, route),
    actor: principal === null ? (audit?.actor ?? { kind: "anonymous", id: null }) : actorOf(principal),
    action: operation,
    resource: resourceOfPath(route, c.req.path),
    requestId,
    method,
    route,
    address: c.req.header("cf-connecting-ip") ?? "local",
    userAgent: c.req.header("user-agent")?.slice(0, 512) ?? null,
  };
}

const actorOf = ({ actor }: { actor: { kind: "user" | "api-key"; id: string } }): AuditIntent["actor"] => ({
  kind: actor.kind,
  id: actor.id,
});

/** The innermost thing that the path names: `/v1/assets/{assetId}/artifacts/{name}` is about the artifact. */
function resourceOfPath(route: string, path: string): AuditIntent["resource"] {
  const given = path.split("/");
  const found = route.split("/").flatMap((part, i) => {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    return name === undefined ? [] : [{ type: name.replace(/Id$/, ""), id: (given[i] ?? "").slice(0, 200) }];
  });
  return found.at(-1) ?? null;
}

export async function endingOf(c: Ctx): Promise<AuditEnding> {
  const { status } = c.res;
  const { method } = c.req;
  const { audit, route } = c.var;
  const outcome = outcomeOf(status);
  const body = saysMore(outcome, method) ? await jsonOf(c.res) : null;
  const operation = eventOfOperation(c.var.operation, method, route);
  const text = (name: string): string | null => (typeof body?.[name] === "string" ? body[name] : null);
  const madeId = outcome === "success" ? text("id") : null;
  const made = madeId === null ? null : { type: TYPES[madeId.slice(0, 3)] ?? "other", id: madeId.slice(0, 200) };
  return {
    event:
      READING.has(method) && operation === "request.made" ? readingRefused(status) : eventOfAnswer(operation, status),
    outcome,
    reason: outcome === "success" ? null : text("code"),
    status,
    resource: audit?.resource ?? resourceOfPath(route, c.req.path) ?? made,
    before: audit?.before ?? null,
    after: audit?.after ?? null,
  };
}

/** Only refusals (their code) and what a POST made (its id) tell something that the request does not. */
const saysMore = (outcome: AuditEnding["outcome"], method: string): boolean =>
  outcome !== "success" || method === "POST";

/** What ids begin with. */
const TYPES: Readonly<Record<string, string>> = {
  ast: "asset",
  job: "job",
  key: "apiKey",
  usr: "user",
  ses: "session",
  ten: "tenant",
};

const readingRefused = (status: number): AuditEnding["event"] => eventOfAnswer("request.refused", status);

async function jsonOf(response: Response): Promise<Record<string, unknown> | null> {
  if (!/^application\/(problem\+)?json/.test(response.headers.get("content-type") ?? "")) return null;
  const answer = await response.clone().text();
  if (answer.length > MAX_ANSWER_CHARS) return null;
  const value: unknown = JSON.parse(answer);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}
