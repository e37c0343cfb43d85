/**
 * Every change and every refusal has one row in the audit log of its tenant.
 *
 * M1 The intent of a change is durable before its handler runs; a change whose intent cannot be recorded is not made.
 *    The end is told after the answer: a Worker that dies before that leaves a pending intent, which the log itself ends
 *    as `unknown`. So no row is lost, and a change waits for one hop, not for two.
 * M2 What is refused before anything was to be done needs no intent: its row is appended after the answer. Rows of
 *    strangers go to the platform's log, at most 100 a second and isolate; the rest is counted in one row.
 * M3 A public route that changes something names tenant and actor once it knows them (`c.set("audit", …)`); its row is
 *    there before the answer is.
 * M4 404 says nothing of who owns an id, so it is a refusal of a change only, never of reading.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { AuditEnding, AuditIntent } from "../../../shared/contracts/audit.ts";
import { PLATFORM_TENANT } from "../../../shared/core/access/permissions.ts";
import {
  changesByReading,
  eventOfAnswer,
  eventOfOperation,
  isRefusalOfReading,
  outcomeOf,
} from "../../../shared/core/audit/catalogue.ts";
import { newId } from "../../../shared/core/ids.ts";
import { afterAnswer, executionContext, reportFault } from "../after-answer.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import type { ApiRoute } from "../route.ts";

/** What a handler knows better than the request tells. Details are redacted by the log. */
export type AuditNote = {
  readonly resource?: AuditIntent["resource"];
  readonly before?: unknown;
  readonly after?: unknown;
  /** Of public routes only: who was found to be meant. Name no tenant that does not exist. */
  readonly tenant?: string;
  readonly actor?: AuditIntent["actor"];
};

type Ctx = Context<ApiEnv>;
type Entry = { readonly intent: AuditIntent; readonly ending: AuditEnding };

const BATCH_ROWS = 100;
const BATCH_MS = 1_000;
/** Well within the 60 s after which an intent ends by itself. */
const RENEW_MS = 20_000;
const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
/** An answer that names what it made is small; of others the id is not looked for. */
const MAX_ANSWER_CHARS = 64 * 1024;

/** For the whole of `/v1`, outside of all that refuses: rows of what did not come to a change. */
export function auditRefusals(deps: ApiDeps, routes: readonly ApiRoute[]) {
  const operations = operationsOf(routes);
  const strangers = new StrangersBatch(deps);
  return createMiddleware<ApiEnv>(async (c, next) => {
    await next();
    if (c.var.audited) return;
    const { status } = c.res;
    const isReading = READING.has(c.req.method) && !changesByReading(actionOf(c, operations));
    if (isReading && !isRefusalOfReading(status)) return;
    const entry: Entry = { intent: intentOf(c, operations), ending: await endingOf(c, operations) };
    const { tenant } = entry.intent;
    if (status < 400) await deps.audit(tenant).append([entry]);
    else if (c.var.principal === null && c.var.audit?.tenant === undefined) await strangers.add(c, entry);
    else await afterAnswer(c, deps.audit(tenant).append([entry]), FAULT);
  });
}

/** For the whole of `/v1`, where the principal is known: the intent before the change, its end after it. */
export function auditChanges(deps: ApiDeps, routes: readonly ApiRoute[]) {
  const operations = operationsOf(routes);
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (READING.has(c.req.method) || c.var.principal === null) {
      await next();
      return;
    }
    const intent = intentOf(c, operations);
    const log = deps.audit(intent.tenant);
    const id = newId("aud", deps.now(), crypto.getRandomValues(new Uint8Array(16)));
    await log.begin(id, intent);
    c.set("audited", true);
    const renewal = setInterval(() => void log.begin(id, intent).catch(reportAuditFault), RENEW_MS);
    try {
      await next();
    } finally {
      clearInterval(renewal);
    }
    await afterAnswer(c, log.end(id, await endingOf(c, operations)), FAULT);
  });
}

type Operations = ReadonlyMap<string, string>;

const operationsOf = (routes: readonly ApiRoute[]): Operations =>
  new Map(routes.map(({ method, path, operationId }) => [`${method.toUpperCase()} ${path}`, operationId]));

const actionOf = (c: Ctx, operations: Operations): string =>
  operations.get(`${c.req.method === "HEAD" ? "GET" : c.req.method} ${c.var.route}`) ?? "none";

function intentOf(c: Ctx, operations: Operations): AuditIntent {
  const { principal, requestId, route, audit } = c.var;
  const { method } = c.req;
  const action = actionOf(c, operations);
  return {
    tenant: principal?.tenant ?? audit?.tenant ?? PLATFORM_TENANT,
    event: eventOfOperation(action, method, route),
    actor: principal === null ? (audit?.actor ?? { kind: "anonymous", id: null }) : actorOf(principal),
    action,
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

async function endingOf(c: Ctx, operations: Operations): Promise<AuditEnding> {
  const { status } = c.res;
  const { method } = c.req;
  const { audit, route } = c.var;
  const outcome = outcomeOf(status);
  const body = saysMore(outcome, method) ? await jsonOf(c.res) : null;
  const operation = eventOfOperation(actionOf(c, operations), method, route);
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

const FAULT = "audit_failed";

function reportAuditFault(error: unknown): void {
  reportFault(FAULT, error);
}

/** Rows of one isolate for the platform's log, sent together a second after the first. */
class StrangersBatch {
  readonly #deps: ApiDeps;
  #rows: Entry[] = [];
  #over = 0;

  constructor(deps: ApiDeps) {
    this.#deps = deps;
  }

  async add(c: Ctx, entry: Entry): Promise<void> {
    if (this.#rows.length >= BATCH_ROWS) {
      this.#over += 1;
      return;
    }
    this.#rows.push(entry);
    if (this.#rows.length > 1) return;
    const context = executionContext(c);
    if (context === null) await this.#send();
    else context.waitUntil(new Promise((resolve) => setTimeout(resolve, BATCH_MS)).then(() => this.#send()));
  }

  async #send(): Promise<void> {
    const [rows, over] = [this.#rows, this.#over];
    this.#rows = [];
    this.#over = 0;
    const last = rows.at(-1);
    if (last === undefined) return;
    const rest: Entry[] =
      over === 0
        ? []
        : [
            {
              intent: { ...last.intent, action: "countRefusals", resource: null, address: "many", userAgent: null },
              ending: {
                ...last.ending,
                event: "request.refused",
                reason: null,
                resource: null,
                after: { refusals: over },
              },
            },
          ];
    await this.#deps
      .audit(PLATFORM_TENANT)
      .append([...rows, ...rest])
      .catch(reportAuditFault);
  }
}
