/**
 * What the tenant may hold and spend.
 *
 * Q1 A total is the sum of its claims: both change in one transaction.
 * Q2 A claim is found by its id; claiming again replaces what it reserved, settling again changes nothing.
 * Q3 Used and reserved together never exceed the limit by a reservation; only a settlement may exceed it.
 * Q4 What is held comes back on release; what is spent stays spent until the month is over.
 * Q5 What an asset says of itself counts, whatever the reservations and settlements of requests that were cut off say: a
 *    reservation beyond it falls back to it, and one of an asset that never was ends within minutes.
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
/** Longer than the creation of an asset takes, whose first word keeps the place from then on. */
const CREATION_MS = 10 * 60_000;
const SPENT: readonly QuotaName[] = ["gpuSeconds", "moneyCents"];

type Claim = {
  quota: QuotaName;
  amount: number;
  settled: number;
  period: string;
  /** What the asset has said it holds; null where it has not. */
  base: number | null;
  expires_at: number | null;
};
type Told = { readonly seq: number; readonly held: { readonly bytes: number; readonly settled: boolean } | null };

export class QuotaStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Runs inside the caller's transaction, as all of these do. */
  reserve(id: string, amounts: Amounts, nowMs: number): Result<null, Refusal> {
    const before = this.#claims(id);
    const open = entries(amounts).filter(([quota]) => !before.some((own) => own.quota === quota && own.settled === 1));
    const limits = this.#limits();
    for (const [quota, amount] of open) {
      const own = before.find((claim) => claim.quota === quota);
      const limit = limits[quota];
      if (limit === null || amount <= 0) continue;
      const others = this.#usedByOthers(quota, own, periodOf(quota, nowMs));
      if (others + amount > limit) return exceeded(quota, others, amount, limit);
    }
    const isOfNoAsset = amounts.assets !== undefined && this.#told(id)?.held !== 1;
    const expiresAt = nowMs + (isOfNoAsset ? CREATION_MS : RESERVED_MS);
    for (const [quota, amount] of open) {
      const own = before.find((claim) => claim.quota === quota);
      const base = own?.base ?? null;
      this.#replace(id, own, {
        quota,
        amount,
        settled: 0,
        period: periodOf(quota, nowMs),
        base,
        expires_at: expiresAt,
      });
    }
    return ok(null);
  }

  settle(id: string, used: Amounts, nowMs: number): void {
    // The asset has said since that it is deleted.
    if (this.#told(id)?.held === 0) return;
    const before = this.#claims(id);
    for (const [quota, amount] of entries(used)) {
      const own = before.find((claim) => claim.quota === quota);
      if (own?.settled === 1) continue;
      const claim = { quota, amount, settled: 1, period: periodOf(quota, nowMs), base: null, expires_at: null };
      this.#replace(id, own, claim);
    }
  }

  release(id: string): void {
    for (const claim of this.#claims(id)) {
      if (claim.settled === 1 && SPENT.includes(claim.quota)) continue;
      this.#count(claim, -claim.amount);
      this.#sql.exec("DELETE FROM quota_claims WHERE id = ? AND quota = ?", id, claim.quota);
    }
  }

  /** Q5. */
  hold(id: string, { seq, held }: Told, nowMs: number): void {
    const told = this.#told(id);
    if (told !== null && told.seq >= seq) return;
    this.#sql.exec(
      "INSERT OR REPLACE INTO quota_told (id, seq, held) VALUES (?, ?, ?)",
      id,
      seq,
      held === null ? 0 : 1,
    );
    if (held === null) {
      this.release(id);
      return;
    }
    const before = this.#claims(id);
    for (const [quota, amount] of entries({ assets: 1, bytes: held.bytes })) {
      const own = before.find((claim) => claim.quota === quota);
      // An upload under way has reserved more than was announced: its place is kept.
      const isBeyond = own?.settled === 0 && own.expires_at !== null && own.amount > amount;
      if (!held.settled && isBeyond) {
        this.#keep(id, { ...own, base: amount });
        continue;
      }
      const settled = held.settled ? 1 : 0;
      const base = held.settled ? null : amount;
      this.#replace(id, own, { quota, amount, settled, period: periodOf(quota, nowMs), base, expires_at: null });
    }
  }

  /** Releases what nobody settled in time. When the next of them is due, in milliseconds since 1970; null for none. */
  expire(nowMs: number): number | null {
    const due = this.#sql
      .exec<Claim & { id: string }>("SELECT * FROM quota_claims WHERE expires_at <= ? LIMIT 1000", nowMs)
      .toArray();
    for (const claim of due) {
      this.#count(claim, -claim.amount);
      if (claim.base === null) {
        this.#sql.exec("DELETE FROM quota_claims WHERE id = ? AND quota = ?", claim.id, claim.quota);
        continue;
      }
      this.#keep(claim.id, { ...claim, amount: claim.base, expires_at: null });
      this.#count(claim, claim.base);
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
    return this.#sql
      .exec<Claim>("SELECT quota, amount, settled, period, base, expires_at FROM quota_claims WHERE id = ?", id)
      .toArray();
  }

  #told(id: string): { seq: number; held: number } | null {
    return (
      this.#sql.exec<{ seq: number; held: number }>("SELECT seq, held FROM quota_told WHERE id = ?", id).toArray()[0] ??
      null
    );
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

  #usedByOthers(quota: QuotaName, own: Claim | undefined, period: string): number {
    const { used, reserved } = this.#total(quota, period);
    return used + reserved - (own?.period === period ? own.amount : 0);
  }

  /** Q1. */
  #replace(id: string, before: Claim | undefined, claim: Claim): void {
    if (before !== undefined) this.#count(before, -before.amount);
    this.#keep(id, claim);
    this.#count(claim, claim.amount);
  }

  #keep(id: string, { quota, amount, settled, period, base, expires_at: expiresAt }: Claim): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO quota_claims (id, quota, amount, settled, period, expires_at, base) VALUES (?, ?, ?, ?, ?, ?, ?)",
      id,
      quota,
      amount,
      settled,
      period,
      expiresAt,
      base,
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
