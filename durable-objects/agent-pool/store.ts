import type { RegisterAgent } from "../../shared/contracts/agent.ts";
import { DEFAULT_PRIORITY } from "../../shared/contracts/job.ts";
import type { SchemaStep } from "../runtime/schema.ts";

export const POOL_SCHEMA: readonly SchemaStep[] = [
  [
    "CREATE TABLE agents (id TEXT PRIMARY KEY, body TEXT NOT NULL, registered_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE waiting (position INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, job_id TEXT NOT NULL, offered_at INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX waiting_job ON waiting (tenant, job_id)",
  ],
  [
    `ALTER TABLE waiting ADD COLUMN priority INTEGER NOT NULL DEFAULT ${DEFAULT_PRIORITY}`,
    "CREATE INDEX waiting_order ON waiting (priority DESC, position)",
  ],
];

/** An agent that comes back later registers again. */
const FORGOTTEN_AFTER_MS = 86_400_000;

export type WaitingJob = { readonly tenant: string; readonly jobId: string; readonly priority: number };

/** The SQL of an agent pool: who is there, and which jobs wait for one of them. */
export class PoolStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  register(agent: RegisterAgent, nowMs: number): void {
    this.#sql.exec("DELETE FROM agents WHERE last_seen_at < ?", nowMs - FORGOTTEN_AFTER_MS);
    this.#sql.exec(
      `INSERT INTO agents (id, body, registered_at, last_seen_at) VALUES (?1, ?2, ?3, ?3)
       ON CONFLICT (id) DO UPDATE SET body = excluded.body, last_seen_at = excluded.last_seen_at`,
      agent.agentId,
      JSON.stringify(agent),
      nowMs,
    );
  }

  /** False for an agent that has not registered, or was forgotten: it has to register (again). */
  seen(agentId: string, nowMs: number): boolean {
    return this.#sql.exec("UPDATE agents SET last_seen_at = ? WHERE id = ?", nowMs, agentId).rowsWritten > 0;
  }

  /** The release that the agent runs, as it said at its registration. */
  versionOf(agentId: string): string | null {
    const row = this.#sql.exec<{ body: string }>("SELECT body FROM agents WHERE id = ?", agentId).toArray()[0];
    // SAFETY: written by register.
    return row === undefined ? null : (JSON.parse(row.body) as RegisterAgent).version;
  }

  /** A job waits once, however often it is offered; a later offer changes its priority, not its turn. */
  offer(job: WaitingJob, nowMs: number): void {
    this.#sql.exec(
      `INSERT INTO waiting (tenant, job_id, offered_at, priority) VALUES (?, ?, ?, ?)
       ON CONFLICT (tenant, job_id) DO UPDATE SET priority = excluded.priority`,
      job.tenant,
      job.jobId,
      nowMs,
      job.priority,
    );
  }

  withdrawAll(tenant: string): void {
    this.#sql.exec("DELETE FROM waiting WHERE tenant = ?", tenant);
  }

  /** Takes the job of the highest priority out of the row; among equals the one that has waited longest. */
  take(): WaitingJob | null {
    const row = this.#sql
      .exec<{ tenant: string; job_id: string; priority: number }>(
        `DELETE FROM waiting WHERE position = (SELECT position FROM waiting ORDER BY priority DESC, position LIMIT 1)
         RETURNING tenant, job_id, priority`,
      )
      .toArray()[0];
    return row === undefined ? null : { tenant: row.tenant, jobId: row.job_id, priority: row.priority };
  }
}
