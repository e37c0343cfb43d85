import { AimaError } from "./aima-error.ts";
import { dataOf, type Http, overPages } from "./answer.ts";
import type { JournalEvent } from "./client.ts";
import type { Head } from "./journal/chain.ts";
import { type JournalOwner, readHeader, readTrailer } from "./journal/format.ts";
import type { components, operations } from "./openapi.gen.ts";

export type AuditRow = components["schemas"]["AuditRow"];
export type AuditStats = components["schemas"]["AuditStats"];
type Query<O extends keyof operations> = NonNullable<operations[O]["parameters"]["query"]>;
export type AuditFilter = Omit<Query<"listAudit">, "limit" | "cursor">;
export type AuditSpan = Query<"getAuditStats">;

/** A piece of the chain: the entries after `after`, oldest first. */
export type AuditPiece = {
  readonly owner: JournalOwner;
  readonly after: Head;
  readonly entries: JournalEvent[];
};

/** The most rows that one export has. */
export const AUDIT_EXPORT_MAX_ROWS = 10_000;

/** The tenant's audit log. */
export class Audit {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** All rows that pass the filter, newest first, page by page as they are asked for. */
  list(filter: AuditFilter = {}): AsyncGenerator<AuditRow, void> {
    return overPages(async (cursor) => {
      const query = { ...filter, limit: 200, ...cursor };
      const { rows, next } = dataOf(await this.#http.GET("/v1/audit", { params: { query } }));
      return { items: rows, next };
    });
  }

  /** One row, with its hash, which stands for it and all before it. */
  async get(seq: number): Promise<AuditRow> {
    return dataOf(await this.#http.GET("/v1/audit/{seq}", { params: { path: { seq } } }));
  }

  /** The text of a file with the newest rows that pass the filter, `AUDIT_EXPORT_MAX_ROWS` at most. */
  async export(format: "json" | "csv", filter: AuditFilter = {}): Promise<string> {
    return this.#file({ format, ...filter });
  }

  /**
   * The chain after row `after`, `AUDIT_EXPORT_MAX_ROWS` entries at most; none at its end. Nothing of it is verified:
   * that is for `verifyJournal`, once it is written down (`exportLines`).
   */
  async chain(after = 0): Promise<AuditPiece> {
    const lines = (await this.#file({ format: "ndjson", after })).trimEnd().split("\n");
    const [first, ...items] = lines.map((line): unknown => JSON.parse(line));
    const header = readHeader(first);
    if (header === null || typeof header === "string" || readTrailer(items.at(-1)) === null) {
      const detail = "The answer is not a piece of an audit log.";
      const fix = "Check that the base URL is the one of an AIMA deployment.";
      throw new AimaError({ status: 200, code: "unexpected_answer", detail, fix, requestId: null });
    }
    // SAFETY: what the API describes; what is wrong with an entry is for the verification to say.
    return { ...header, entries: items.slice(0, -1) as JournalEvent[] };
  }

  /** Without bounds: the last 24 hours. */
  async stats(span: AuditSpan = {}): Promise<AuditStats> {
    return dataOf(await this.#http.GET("/v1/audit/stats", { params: { query: span } }));
  }

  async #file(query: Query<"exportAudit">): Promise<string> {
    return dataOf(await this.#http.GET("/v1/audit/export", { params: { query }, parseAs: "text" }));
  }
}
