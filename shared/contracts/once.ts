/**
 * The idempotency of one command: the client's key (scoped to tenant, principal and operation by its sender) and a hash of
 * the request. The object that has the effect keeps both with the reply, in the transaction of the effect.
 */
import type { Result } from "../core/result.ts";
import type { Refusal } from "../errors/refusal.ts";

export type Once = { readonly key: string; readonly fingerprint: string };

/** An answer that says whether it repeats that of an earlier request with the same key. */
export type Repeatable<T> = Promise<Result<T, Refusal> & { readonly replayed?: true }>;
