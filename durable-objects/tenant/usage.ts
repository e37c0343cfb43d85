/**
 * What a tenant's jobs have used, summed per day.
 *
 * U1 A job counts once, however often its settlement arrives: the first one stands.
 * U2 The sum changes in the transaction that records the settlement.
 * U3 Settlements that arrive within 100 ms of each other share a commit: a tenant's jobs all end here, and nobody waits for
 *    the answer but a job that has answered its agent already. One that is lost with the object's memory is told again.
 */
import type { Settlement, UsageDay } from "../../shared/contracts/usage.ts";

/** How long a settlement waits for others. */
const GROUP_MS = 100;

export class UsageStore {
  readonly #storage: DurableObjectStorage;
  #waiting: Settlement[] = [];
  #commit: Promise<void> | null = null;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Resolves when it is durable. A row per job stays for ever: about 200 bytes of the object's 10 GB. */
  settle(settlement: Settlement): Promise<void> {
    this.#waiting.push(settlement);
    this.#commit ??= new Promise<void>((resolve) => setTimeout(resolve, GROUP_MS)).then(() => this.#commitAll());
    return this.#commit;
  }

  #commitAll(): void {
    const settlements = this.#waiting;
    this.#waiting = [];
    this.#commit = null;
    const nowMs = Date.now();
    this.#storage.transactionSync(() => {
      for (const settlement of settlements) this.#record(settlement, nowMs);
    });
  }

  #record(settlement: Settlement, nowMs: number): void {
    const { sql } = this.#storage;
    const known = sql.exec("SELECT 1 FROM settlements WHERE job_id = ?", settlement.jobId).toArray().length > 0;
    if (known) return;
    const endedAtMs = Math.max(...settlement.attempts.map((attempt) => attempt.endedAtMs));
    const day = new Date(Number.isFinite(endedAtMs) ? endedAtMs : nowMs).toISOString().slice(0, 10);
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
