/**
 * What the tenant may hold and spend.
 *
 * Q1 A total is the sum of its claims: both change in one transaction.
 * Q2 A claim is found by its id; claiming again replaces what it reserved, settling again changes nothing.
 * Q3 Used and reserved together never exceed the limit by a reservation; only a settlement may exceed it.
 * Q4 What is held comes back on release; what is spent stays spent until the month is over.
 */
import {
  type Amounts,
  type QuotaChange,
  QuotaName,
  type QuotaLimits,
  type QuotaState,
} from "../../shared/contracts/quota.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";

/** Longer than an upload URL or a job lives (24 h). */
const RESERVED_MS = 25 * 3_600_000;
const SPENT: readonly QuotaName[] = ["gpuSeconds", "moneyCents"];

type Claim = { quota: QuotaName; amount: number; settled: number; period: string };

export class QuotaStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Runs inside the caller's transaction, as all of these do. */
  reserve(id: string, amounts: Amounts, nowMs: number): Result<null, Refusal> {
    const before = this.#claims(id);
    const limits = this.#limits();
    for (const [quota, amount] of entries(amounts)) {
      const own = before.find((claim) => claim.quota === quota);
      if (own?.settled === 1) continue;
      const period = periodOf(quota, nowMs);
      const { used, reserved } = this.#total(quota, period);
      const others = used + reserved - (own?.period === period ? own.amount : 0);
      const limit = limits[quota];
      if (limit !== null && amount > 0 && others + amount > limit) return exceeded(quota, others, amount, limit);
    }
    for (const [quota, amount] of entries(amounts)) {
      const own = before.find((claim) => claim.quota === quota);
      if (own?.settled === 1) continue;
      if (own !== undefined) this.#count(own, -own.amount);
      const claim = { quota, amount, settled: 0, period: periodOf(quota, nowMs) };
      this.#keep(id, claim, nowMs + RESERVED_MS);
      this.#count(claim, amount);
    }
    return ok(null);
  }

  settle(id: string, used: Amounts, nowMs: number): void {
    const before = this.#claims(id);
    for (const [quota, amount] of entries(used)) {
      const own = before.find((claim) => claim.quota === quota);
      if (own?.settled === 1) continue;
      if (own !== undefined) this.#count(own, -own.amount);
      const claim = { quota, amount, settled: 1, period: periodOf(quota, nowMs) };
      this.#keep(id, claim, null);
      this.#count(claim, amount);
    }
  }

  release(id: string): void {
    for (const claim of this.#claims(id)) {
      if (claim.settled === 1 && SPENT.includes(claim.quota)) continue;
      this.#count(claim, -claim.amount);
      this.#sql.exec("DELETE FROM quota_claims WHERE id = ? AND quota = ?", id, claim.quota);
    }
  }

  /** Releases what nobody settled in time. When the next of them is due, in milliseconds since 1970; null for none. */
  expire(nowMs: number): number | null {
    const due = this.#sql
      .exec<Claim & { id: string }>("SELECT * FROM quota_claims WHERE expires_at <= ? LIMIT 1000", nowMs)
      .toArray();
    for (const claim of due) {
      this.#count(claim, -claim.amount);
      this.#sql.exec("DELETE FROM quota_claims WHERE id = ? AND quota = ?", claim.id, claim.quota);
    }
    return this.nextExpiryMs();
  }

  nextExpiryMs(): number | null {
    return this.#sql
      .exec<{ at: number | null }>("SELECT min(expires_at) AS at FROM quota_claims WHERE expires_at IS NOT NULL")
      .one().at;
  }

  states(nowMs: number): QuotaState[] {
    const limits = this.#limits();
    return QuotaName.options.map((quota) => {
      const period = periodOf(quota, nowMs);
      return { quota, limit: limits[quota], ...this.#total(quota, period), period: period === "" ? null : period };
    });
  }

  setLimits(limits: QuotaChange): void {
    for (const quota of QuotaName.options) {
      const limit = limits[quota];
      if (limit === undefined) continue;
      if (limit === null) this.#sql.exec("DELETE FROM quota_limits WHERE quota = ?", quota);
      else this.#sql.exec("INSERT OR REPLACE INTO quota_limits (quota, amount) VALUES (?, ?)", quota, limit);
    }
  }

  limitsAssets(): boolean {
    const { assets, bytes } = this.#limits();
    return assets !== null || bytes !== null;
  }

  #limits(): QuotaLimits {
    const rows = this.#sql.exec<{ quota: string; amount: number }>("SELECT quota, amount FROM quota_limits").toArray();
    const of = (quota: QuotaName): number | null => rows.find((row) => row.quota === quota)?.amount ?? null;
    return {
      assets: of("assets"),
      bytes: of("bytes"),
      jobs: of("jobs"),
      gpuSeconds: of("gpuSeconds"),
      moneyCents: of("moneyCents"),
    };
  }

  #claims(id: string): Claim[] {
    return this.#sql.exec<Claim>("SELECT quota, amount, settled, period FROM quota_claims WHERE id = ?", id).toArray();
  }

  #total(quota: QuotaName, period: string): { used: number; reserved: number } {
    return (
      this.#sql
        .exec<{ used: number; reserved: number }>(
          "SELECT used, reserved FROM quota_totals WHERE quota = ? AND period = ?",
          quota,
          period,
        )
        .toArray()[0] ?? { used: 0, reserved: 0 }
    );
  }

  #keep(id: string, claim: Claim, expiresAtMs: number | null): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO quota_claims (id, quota, amount, settled, period, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
      id,
      claim.quota,
      claim.amount,
      claim.settled,
      claim.period,
      expiresAtMs,
    );
  }

  #count({ quota, period, settled }: Claim, by: number): void {
    this.#sql.exec(
      `INSERT INTO quota_totals (quota, period, used, reserved) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (quota, period) DO UPDATE SET used = used + ?3, reserved = reserved + ?4`,
      quota,
      period,
      settled === 1 ? by : 0,
      settled === 1 ? 0 : by,
    );
  }
}

// SAFETY: the keys of `Amounts` are names of quotas; an amount left out is none.
const entries = (amounts: Amounts): [QuotaName, number][] => Object.entries(amounts) as [QuotaName, number][];

/** Empty for what is held; the month in UTC for what is spent. */
const periodOf = (quota: QuotaName, nowMs: number): string =>
  SPENT.includes(quota) ? new Date(nowMs).toISOString().slice(0, 7) : "";

const exceeded = (quota: QuotaName, used: number, wanted: number, limit: number) =>
  refuse<Refusal>({
    code: "quota_exceeded",
    detail: `The quota ${quota} is ${limit}; ${used} are used or reserved, and this takes ${wanted}.`,
  });
