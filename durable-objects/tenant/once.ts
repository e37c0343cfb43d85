/** A command with its idempotency: effect and reply in one transaction. */
import type { Once } from "../../shared/contracts/once.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { Idempotency } from "../runtime/idempotency.ts";

/** The outcome, and whether it is that of an earlier request with the same key. */
export type Commanded<T> = Result<T, Refusal> & { readonly replayed?: true };

/** For replies that are kept and repeated as they are. */
export const whole = <T>() => ({ keep: (value: T): T => value, replay: (kept: T): Result<T, Refusal> => ok(kept) });

/**
 * Refusals are not kept: the same request may succeed later. `kept` says what of the reply is kept, for replies that must
 * not be kept whole; the repetition is answered by `replay`.
 */
export function commanded<T, K>(
  storage: DurableObjectStorage,
  once: Once | null,
  decide: (nowMs: number) => Result<T, Refusal>,
  { keep, replay }: { keep: (value: T) => K; replay: (kept: K) => Result<T, Refusal> },
): Commanded<T> {
  const nowMs = Date.now();
  const idempotency = new Idempotency(storage.sql);
  return storage.transactionSync((): Commanded<T> => {
    if (once === null) return decide(nowMs);
    const known = idempotency.look(once.key, once.fingerprint, nowMs);
    if (known.kind === "conflict") {
      return refuse({ code: "idempotency_conflict", detail: "The key was used with another request." });
    }
    // SAFETY: recorded below from the same kind of command; the key has the operation in it.
    if (known.kind === "same") return { ...replay(known.reply as K), replayed: true };
    const decided = decide(nowMs);
    if (decided.ok) idempotency.record(once.key, once.fingerprint, keep(decided.value), nowMs);
    return decided;
  });
}
