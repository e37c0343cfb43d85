/** The part of a load that is measured: it begins when the server is warm and lasts a fixed time. */
export type WarmUp = {
  readonly ms: number;
  /** What is compiled depends on how often it ran, not on the time. */
  readonly jobs: number;
};

/** Growing sums, read at the beginning and at the end. */
export type Reading = {
  /** Processor time of the server, and of everybody else but the driver. */
  readonly serverMs: number;
  readonly othersMs: number;
  /** What the server gave to the disk. */
  readonly writtenBytes: number;
};

/** A machine that is too slow for the jobs of the warm-up is measured as it is. */
const LONGEST_WARMUP_MS = 10_000;

export class MeasuredTime {
  readonly #warmUp: WarmUp;
  readonly #measureMs: number;
  readonly #read: () => Reading;
  readonly #startedAt = performance.now();
  readonly #used = Promise.withResolvers<Reading>();
  #from = Number.POSITIVE_INFINITY;
  #jobs = 0;

  constructor(warmUp: WarmUp, measureMs: number, read: () => Reading) {
    this.#warmUp = warmUp;
    this.#measureMs = measureMs;
    this.#read = read;
  }

  /** A job has ended; perhaps it was the last of the warm-up. */
  jobEnded(): void {
    if (this.#from !== Number.POSITIVE_INFINITY) return;
    this.#jobs += 1;
    const passedMs = performance.now() - this.#startedAt;
    const warm = passedMs >= this.#warmUp.ms && this.#jobs >= this.#warmUp.jobs;
    if (warm || passedMs >= LONGEST_WARMUP_MS) this.#begin();
  }

  includes(atMs: number): boolean {
    return atMs >= this.#from && atMs < this.#from + this.#measureMs;
  }

  get isOver(): boolean {
    return performance.now() >= this.#from + this.#measureMs;
  }

  /** What was used from beginning to end; resolves when it is over. */
  get used(): Promise<Reading> {
    return this.#used.promise;
  }

  #begin(): void {
    this.#from = performance.now();
    const first = this.#read();
    setTimeout(() => {
      const last = this.#read();
      this.#used.resolve({
        serverMs: last.serverMs - first.serverMs,
        othersMs: last.othersMs - first.othersMs,
        writtenBytes: last.writtenBytes - first.writtenBytes,
      });
    }, this.#measureMs);
  }
}
