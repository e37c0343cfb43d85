/**
 * Every change and every refusal has one row in the audit log of its tenant.
 *
 * M1 The intent of a change is durable before its handler runs; a change whose intent cannot be recorded is not made, and
 *    is answered with 503. The end is told after the answer: a Worker that dies before that leaves a pending intent, which
 *    the log itself ends as `unknown`. So no row is lost, and a change waits for one hop, not for two.
 * M2 What is refused before anything was to be done needs no intent: its row is appended after the answer. Rows of
 *    strangers go to the platform's log, at most 100 a second and isolate; the rest is counted in one row.
 * M3 A public route that changes something begins its row itself, by `beginAudit`, as soon as it knows that the tenant it
 *    is about exists (logging in, registering, asking for a new password). What only a token names (refreshing, redeeming
 *    what was mailed) has nobody before its effect whose log strangers may not fill: it names them after it
 *    (`c.set("audit", …)`), and its row is there before the answer is.
 * M4 404 says nothing of who owns an id, so it is a refusal of a change only, never of reading.
 */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { AuditLogRpc } from "../../../shared/contracts/audit.ts";
import { changesByReading, isRefusalOfReading } from "../../../shared/core/audit/catalogue.ts";
import { newId } from "../../../shared/core/ids.ts";
import { within } from "../../../shared/within.ts";
import { afterAnswer, reportFault } from "../after-answer.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { problem } from "../problem.ts";
import { type AuditEntry, type AuditNote, endingOf, intentOf, READING } from "./audit-entry.ts";
import { AUDIT_FAULT, StrangersBatch } from "./strangers-batch.ts";

type Ctx = Context<ApiEnv>;

/** Well within the 60 s after which an intent ends by itself. */
const RENEW_MS = 20_000;
/** Longer than an object takes to wake, shorter than a client waits. */
const TIMEOUT_MS = 5_000;

/** For the whole of `/v1`, outside of all that refuses: rows of what did not come to a change, and those of public routes. */
export function auditRefusals(deps: ApiDeps) {
  const strangers = new StrangersBatch(deps);
  return createMiddleware<ApiEnv>(async (c, next) => {
    await next();
    const { audited, begun, operation, principal } = c.var;
    if (begun !== undefined) {
      await afterAnswer(c, deps.audit(begun.tenant).end(begun.id, await endingOf(c)), AUDIT_FAULT);
      return;
    }
    if (audited) return;
    const { status } = c.res;
    const isReading = READING.has(c.req.method) && !changesByReading(operation);
    if (isReading && !isRefusalOfReading(status)) return;
    const entry: AuditEntry = { intent: intentOf(c), ending: await endingOf(c) };
    const log = deps.audit(entry.intent.tenant);
    if (status < 400) {
      if (!(await recorded(log.append([entry])))) answerInstead(c, unavailable(c));
    } else if (principal === null && c.var.audit?.tenant === undefined) await strangers.add(c, entry);
    else await afterAnswer(c, log.append([entry]), AUDIT_FAULT);
  });
}

/** For the whole of `/v1`, where the principal is known: the intent before the change, its end after it. */
export function auditChanges(deps: ApiDeps) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    if (READING.has(c.req.method) || c.var.principal === null) return next();
    const intent = intentOf(c);
    const log = deps.audit(intent.tenant);
    const id = newRowId(deps);
    if (!(await recorded(log.begin(id, intent)))) return unavailable(c);
    c.set("audited", true);
    const renewal = setInterval(() => void log.begin(id, intent).catch(reportAuditFault), RENEW_MS);
    try {
      await next();
    } finally {
      clearInterval(renewal);
    }
    await afterAnswer(c, log.end(id, await endingOf(c)), AUDIT_FAULT);
    return undefined;
  });
}

/**
 * M3: the intent of a public route, durable when this answers null; otherwise nothing may be done, and what it answers is
 * the answer. `note.tenant` exists.
 */
export async function beginAudit(
  c: Ctx,
  deps: ApiDeps,
  note: AuditNote & { readonly tenant: string },
): Promise<Response | null> {
  c.set("audit", note);
  const id = newRowId(deps);
  if (!(await recorded(deps.audit(note.tenant).begin(id, intentOf(c))))) return unavailable(c);
  c.set("begun", { id, tenant: note.tenant });
  return null;
}

const newRowId = (deps: ApiDeps): string => newId("aud", deps.now(), crypto.getRandomValues(new Uint8Array(16)));

async function recorded(work: ReturnType<AuditLogRpc["begin"]>): Promise<boolean> {
  try {
    await within(TIMEOUT_MS, work, () => {
      throw new Error(`The audit log did not answer within ${TIMEOUT_MS} ms.`);
    });
    return true;
  } catch (error) {
    reportAuditFault(error);
    return false;
  }
}

const unavailable = (c: Ctx): Response =>
  problem(c, "audit_unavailable", "What is not in the audit log is not done, and the log does not answer.");

/** Nothing of the answer before is told, its headers included. */
function answerInstead(c: Ctx, answer: Response): void {
  c.res = undefined;
  c.res = answer;
}

function reportAuditFault(error: unknown): void {
  reportFault(AUDIT_FAULT, error);
}
