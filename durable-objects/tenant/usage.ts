/**
 * What a tenant's jobs have used, summed per day.
 *
 * U1 A job counts once, however often its settlement arrives: the first one stands.
 * U2 The sum changes in the transaction that records the settlement.
 */
import type { Settlement, UsageDay } from "../../shared/contracts/usage.ts";

export class UsageStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** False when the job was settled before. A row per job stays for ever: about 200 bytes of the object's 10 GB. */
  settle(settlement: Settlement, nowMs: number): boolean {
    const { sql } = this.#storage;
    const endedAtMs = Math.max(...settlement.attempts.map((attempt) => attempt.endedAtMs));
    const day = new Date(Number.isFinite(endedAtMs) ? endedAtMs : nowMs).toISOString().slice(0, 10);
    return this.#storage.transactionSync(() => {
      const known = sql.exec("SELECT 1 FROM settlements WHERE job_id = ?", settlement.jobId).toArray().length > 0;
      if (known) return false;
      sql.exec(
        "INSERT INTO settlements (job_id, asset_id, day, compute_ms, attempts) VALUES (?, ?, ?, ?, ?)",
        settlement.jobId,
        settlement.assetId,
        day,
        settlement.computeMs,
        JSON.stringify(settlement.attempts),
      );
      sql.exec(
        `INSERT INTO usage (day, jobs, compute_ms) VALUES (?1, 1, ?2)
         ON CONFLICT (day) DO UPDATE SET jobs = jobs + 1, compute_ms = compute_ms + ?2`,
        day,
        settlement.computeMs,
      );
      return true;
    });
  }

  /** Newest day first. */
  days(limit: number): UsageDay[] {
    return this.#storage.sql
      .exec<{ day: string; jobs: number; compute_ms: number }>(
        "SELECT day, jobs, compute_ms FROM usage ORDER BY day DESC LIMIT ?",
        limit,
      )
      .toArray()
      .map(({ day, jobs, compute_ms: computeMs }) => ({ day, jobs, computeMs }));
  }
}
