/**
 * Does the rounds of a deletion that are due, one after another.
 *
 * R1 A round is repeated until its outcome is durable; what is done twice is done once.
 * R2 What a round leaves in the tenant's object is written with how the deletion stands, in one transaction.
 */
import type { DeletionCounts } from "../../../shared/contracts/tenant-deletion.ts";
import { after, type DeletionState, failed, lookedAgain } from "../core/deletion.ts";
import { runRound } from "./steps.ts";
import { counted, type DeletionStore } from "./store.ts";
import type { DeletionWorld } from "./world.ts";

export type DeletionRun = {
  readonly tenant: string;
  readonly storage: Pick<DurableObjectStorage, "transactionSync">;
  readonly store: DeletionStore;
  readonly world: DeletionWorld;
  readonly leasesOver: () => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onFault: (event: string, error: unknown) => void;
};

/** Until nothing is due, or the time is up. When there is something to do next; null for never. */
export async function runDeletion(run: DeletionRun, longestMs: number): Promise<number | null> {
  const untilMs = run.now() + longestMs;
  for (;;) {
    const dueAtMs = run.store.get()?.dueAtMs ?? null;
    if (dueAtMs === null || dueAtMs > run.now() || run.now() >= untilMs) return dueAtMs;
    await round(run);
  }
}

async function round(run: DeletionRun): Promise<void> {
  const { tenant, store, world, leasesOver, now } = run;
  const before = store.get();
  if (before === null) return;
  const begun = lookedAgain(before, now());
  if (begun !== before) store.keep(begun);
  const { step, cursor } = begun;
  if (step === "done") return;
  const settle = (next: (state: DeletionState) => DeletionState, forgets = false): void => {
    const state = store.get();
    // What turned up meanwhile has moved it: this is the outcome of another round.
    if (state === null || state.step !== step) return;
    run.storage.transactionSync(() => {
      if (forgets) store.forgetTenant(now());
      const then = next(state);
      store.keep(then);
      if (then.step === "done") store.dropErased();
    });
  };
  const record = (write: () => Partial<DeletionCounts>): void => {
    run.storage.transactionSync(() => {
      const more = write();
      const state = store.get();
      if (state !== null) store.keep(counted(state, more));
    });
  };
  try {
    const outcome = await runRound(step, { tenant, world, store, cursor, leasesOver, record });
    settle((state) => after(state, outcome, now()), step === "forget" && outcome.kind === "done");
  } catch (error) {
    run.onFault("tenant_deletion_step_failed", error);
    const reason = `${step}: ${error instanceof Error ? error.message : String(error)}`;
    settle((state) => failed(state, reason, now(), Math.random()));
    if (store.get()?.status === "stuck") run.onFault("tenant_deletion_stuck", error);
  }
}
