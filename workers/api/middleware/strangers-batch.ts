import type { Context } from "hono";
import { PLATFORM_TENANT } from "../../../shared/core/access/permissions.ts";
import { executionContext, reportFault } from "../after-answer.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import type { AuditEntry } from "./audit-entry.ts";

/** What a row that could not be written is called in the log. */
export const AUDIT_FAULT = "audit_failed";

const BATCH_ROWS = 100;
const BATCH_MS = 1_000;

/** Rows of one isolate for the platform's log, sent together a second after the first. */
export class StrangersBatch {
  readonly #deps: ApiDeps;
  #rows: AuditEntry[] = [];
  #over = 0;

  constructor(deps: ApiDeps) {
    this.#deps = deps;
  }

  async add(c: Context<ApiEnv>, entry: AuditEntry): Promise<void> {
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
    const rest: AuditEntry[] =
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
      .catch((error: unknown) => reportFault(AUDIT_FAULT, error));
  }
}
