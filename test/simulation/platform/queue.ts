/** A queue in memory and its consumer: messages are lost, repeated, late; what is not acknowledged comes again. */
import { SimulatedFault } from "../faults.ts";
import { Scope, within } from "./scope.ts";
import type { Surrounding } from "./surrounding.ts";

type Waiting = { readonly id: string; readonly body: unknown; readonly attempts: number; readonly sentAtMs: number };

export type QueueOptions = {
  readonly name: string;
  readonly batchSize: number;
  readonly batchWaitMs: number;
  readonly retries: number;
  readonly retryDelayMs: number;
  readonly deadLetters: Queue | null;
  consume(batch: MessageBatch): Promise<void>;
};

export class Queue {
  readonly #options: QueueOptions;
  readonly #around: Surrounding;
  #pending: Waiting[] = [];
  #collecting = false;
  #sent = 0;
  #running = new Set<Scope>();

  constructor(options: QueueOptions, around: Surrounding) {
    this.#options = options;
    this.#around = around;
  }

  async send(body: unknown): Promise<void> {
    const { network, faults, faultRandom } = this.#around;
    const given: unknown = structuredClone(body);
    const { name } = this.#options;
    await network.call(name, async () => {
      if (faults.strikes("message-lost", name)) return;
      this.enqueue(given, 0, faults.strikes("message-late", name) ? faultRandom.skewed(1_000, 300_000) : 0);
      if (faults.strikes("message-repeated", name)) this.enqueue(given, 0, faultRandom.skewed(10, 60_000));
    });
    if (faults.strikes("send-unsure", name)) throw new SimulatedFault("the queue did not answer");
  }

  enqueue(body: unknown, attempts: number, delayMs: number): void {
    const message = { id: `${this.#options.name}-${(this.#sent += 1)}`, body, attempts, sentAtMs: this.#now() };
    this.#around.scheduler.after(delayMs, () => {
      this.#pending.push(message);
      this.#collect();
    });
  }

  /** Everything in memory is gone, and whoever worked on it. */
  lose(): void {
    this.#pending = [];
    for (const scope of this.#running) scope.alive = false;
    this.#running.clear();
  }

  get size(): number {
    return this.#pending.length + this.#running.size;
  }

  #now(): number {
    return this.#around.scheduler.nowMs;
  }

  #collect(): void {
    if (this.#collecting) return;
    this.#collecting = true;
    this.#around.scheduler.after(this.#options.batchWaitMs + 2, () => {
      this.#collecting = false;
      const batch = this.#pending.splice(0, this.#options.batchSize);
      if (this.#pending.length > 0) this.#collect();
      if (batch.length > 0) void this.#deliver(batch);
    });
  }

  async #deliver(batch: readonly Waiting[]): Promise<void> {
    const { scheduler, faults, faultRandom, trace } = this.#around;
    const { name } = this.#options;
    const scope = new Scope(`worker:${name}`);
    this.#running.add(scope);
    const fates = new Map<string, { readonly delayMs: number } | "done">();
    const end = (): void => {
      if (!this.#running.delete(scope)) return;
      for (const message of batch)
        this.#settle(message, fates.get(message.id) ?? { delayMs: this.#options.retryDelayMs });
    };
    if (faults.strikes("worker-killed", name)) {
      scheduler.after(faultRandom.skewed(1, 400), () => {
        if (!this.#running.has(scope)) return;
        scope.alive = false;
        trace.add(scope.name, "killed");
        end();
      });
    }
    try {
      await within(scope, () => this.#options.consume(this.#batchOf(batch, fates)));
    } catch (error) {
      this.#around.fault(scope.name, error);
      fates.clear();
    }
    if (scope.alive) end();
  }

  #batchOf(batch: readonly Waiting[], fates: Map<string, { readonly delayMs: number } | "done">): MessageBatch {
    const messages = batch.map(({ id, body, attempts, sentAtMs }) => ({
      id,
      timestamp: new Date(sentAtMs),
      body: structuredClone(body),
      attempts: attempts + 1,
      ack: (): void => void fates.set(id, "done"),
      retry: (options?: { delaySeconds?: number }): void =>
        void fates.set(id, { delayMs: (options?.delaySeconds ?? this.#options.retryDelayMs / 1000) * 1000 }),
    }));
    const whole = {
      queue: this.#options.name,
      messages,
      ackAll: () => messages.forEach((message) => message.ack()),
      retryAll: () => messages.forEach((message) => message.retry()),
    };
    // SAFETY: what consumers of this project use; the rest of the platform's batch is metadata.
    return whole as unknown as MessageBatch;
  }

  #settle(message: Waiting, fate: { readonly delayMs: number } | "done"): void {
    if (fate === "done") return;
    const attempts = message.attempts + 1;
    if (attempts <= this.#options.retries) this.enqueue(message.body, attempts, fate.delayMs);
    else this.#options.deadLetters?.enqueue(message.body, 0, 0);
  }
}
