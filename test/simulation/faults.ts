/** What goes wrong in a run, drawn from its seed, and how often it has. */
import { Random } from "./platform/random.ts";

export const FAULT_KINDS = [
  "crash",
  "crash-unsaved",
  "evict",
  "call-lost",
  "reply-lost",
  "call-late",
  "call-hung",
  "message-lost",
  "message-repeated",
  "message-late",
  "send-unsure",
  "worker-killed",
  "alarm-late",
  "clock-jump",
  "bucket-outage",
  "upload-torn",
  "index-outage",
  "agent-preempted",
  "agent-vanished",
  "agent-silent",
  "reports-shuffled",
  "reports-repeated",
  "agent-lied",
  "control-plane-killed",
  "create-unsure",
  "webhook-lost",
  "webhook-repeated",
  "webhook-late",
  "webhook-lied",
  "provider-outage",
  "provider-preempted",
  "result-expired",
  "command-repeated",
  "upload-abandoned",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** How likely each kind is where it can happen. A seed turns some kinds off, so that others are seen by themselves. */
export class Faults {
  readonly #rates = new Map<FaultKind, number>();
  readonly #random: Random;
  readonly counts = new Map<FaultKind, number>();
  /** Off: nothing goes wrong any more. */
  active = true;
  onInjected: (kind: FaultKind, what: string) => void = () => undefined;

  constructor(seed: number, rates: Partial<Record<FaultKind, number>>, sparsely = true) {
    this.#random = new Random(seed, "faults");
    for (const kind of FAULT_KINDS) {
      const rate = rates[kind] ?? 0;
      const weight = sparsely ? this.#random.pick([0, 0.4, 1, 1, 2]) : 1;
      this.#rates.set(kind, Math.min(rate * weight, 1));
    }
  }

  /** Whether the fault strikes here and now; one that does is counted. */
  strikes(kind: FaultKind, what: string): boolean {
    if (!this.active || !this.#random.chance(this.#rates.get(kind) ?? 0)) return false;
    this.note(kind, what);
    return true;
  }

  note(kind: FaultKind, what: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.onInjected(kind, what);
  }

  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }
}

/** Everything that the simulation breaks says so: any other error is the project's own. */
export class SimulatedFault extends Error {
  override readonly name = "SimulatedFault";

  constructor(detail: string) {
    super(`simulated: ${detail}`);
  }
}
