/** What a tenant may hold and spend. */
import { z } from "zod";
import type { Refusable } from "./objects.ts";
import type { Leased } from "./principal.ts";

/**
 * `assets`, `bytes` and `jobs` are held: given back, they are free again. `gpuSeconds` and `moneyCents` are spent, and
 * begin anew with each month (UTC).
 */
export const QuotaName = z.enum(["assets", "bytes", "jobs", "gpuSeconds", "moneyCents"]);
export type QuotaName = z.infer<typeof QuotaName>;

/** Null: unlimited. */
const Limit = z.int().min(0).nullable();
export const QuotaLimits = z.strictObject({
  assets: Limit,
  bytes: Limit,
  jobs: Limit,
  gpuSeconds: Limit,
  moneyCents: Limit,
});
export type QuotaLimits = z.infer<typeof QuotaLimits>;

export const QuotaState = z.strictObject({
  quota: QuotaName,
  limit: Limit,
  /** Settled: what is certain. */
  used: z.number().min(0),
  /** Asked for and not settled yet; counts against the limit. */
  reserved: z.number().min(0),
  /** `YYYY-MM` for what is spent by the month; null for what is held. */
  period: z.string().nullable(),
});
export type QuotaState = z.infer<typeof QuotaState>;

/** What is left out stays. */
export const QuotaChange = QuotaLimits.partial();
export type QuotaChange = z.infer<typeof QuotaChange>;

/** Amounts by quota; what is left out is none. */
export type Amounts = Partial<Record<QuotaName, number>>;

export interface QuotaRpc {
  /**
   * All amounts or none. Under an id that is known the amounts replace those of before. Refusal: `quota_exceeded`, which
   * names quota, used and limit. A reservation that is neither settled nor released within 25 h is released by itself;
   * one of an asset that has not said a word, within 10 minutes.
   */
  reserveQuota(id: string, amounts: Amounts): Refusable<null>;
  /** What it came to; may exceed what was reserved. The first settlement of an id stands. Never refused. */
  settleQuota(id: string, used: Amounts): Promise<void>;
  /** Gives back what is held, settled or not. Repeating it changes nothing. */
  releaseQuota(id: string): Promise<void>;
  /**
   * What an asset says of itself, again and again until it was heard; an older word (by `seq`, which counts the asset's
   * events) changes nothing. `settled`: the bytes have come; before that they are announced. Null gives everything back.
   */
  holdAsset(
    assetId: string,
    told: { readonly seq: number; readonly held: { readonly bytes: number; readonly settled: boolean } | null },
  ): Promise<void>;
  quotas(): Promise<QuotaState[]>;
  /** Whether there is a limit on assets or bytes; may be believed for the lease. */
  limitsAssets(): Promise<Leased<boolean>>;
  /** A new limit is known everywhere when this answers. */
  setQuotas(limits: QuotaChange): Refusable<QuotaState[]>;
}
