/**
 * The limit: the least that keeps an ordered job durable on this platform. A router by hand, one object per job, two
 * statements and one durable write a report; no token, no check of the body, no journal, no timer.
 */
import { DurableObject } from "cloudflare:workers";

type BareEnv = { readonly JOB: DurableObjectNamespace };
type Row = { seq: number; value: number };

export class BareJob extends DurableObject<BareEnv> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: BareEnv) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, status TEXT NOT NULL, newest INTEGER NOT NULL)",
    );
    this.#sql.exec("CREATE TABLE IF NOT EXISTS report (seq INTEGER PRIMARY KEY, value INTEGER NOT NULL)");
  }

  override async fetch(request: Request): Promise<Response> {
    const action = request.url.slice(request.url.lastIndexOf("/") + 1);
    switch (action) {
      case "create":
        this.#sql.exec("INSERT OR IGNORE INTO job (id, status, newest) VALUES (1, 'queued', 0)");
        return Response.json({});
      case "claim":
        this.#sql.exec("UPDATE job SET status = 'running' WHERE id = 1");
        return Response.json({});
      case "reports":
        for (const { seq, value } of await request.json<Row[]>()) {
          this.#sql.exec("INSERT OR IGNORE INTO report (seq, value) VALUES (?, ?)", seq, value);
          this.#sql.exec("UPDATE job SET newest = max(newest, ?) WHERE id = 1", seq);
        }
        return Response.json({});
      case "complete":
        this.#sql.exec("UPDATE job SET status = 'succeeded' WHERE id = 1");
        return Response.json({});
      case "values":
        return Response.json(this.#sql.exec<Row>("SELECT seq, value FROM report ORDER BY seq").toArray());
      default:
        return Response.json(this.#sql.exec("SELECT status, newest FROM job WHERE id = 1").toArray()[0] ?? null);
    }
  }
}

export default {
  fetch(request, env): Response | Promise<Response> {
    const [, , id] = new URL(request.url).pathname.split("/");
    if (id === undefined || id === "ready") return new Response("ready");
    return env.JOB.get(env.JOB.idFromName(id)).fetch(request);
  },
} satisfies ExportedHandler<BareEnv>;
