/**
 * The reports of one attempt, in order, without gap or loss, until they are durable or the attempt has no more say.
 *
 * One request is under way at a time. A batch that may or may not have arrived is sent again unchanged: the receiver
 * tells repeats by their `seq`.
 */
import { Report, ReportReply } from "../shared/contracts/agent.ts";
import type { Log } from "./log.ts";
import { exchange, waitBefore } from "./wire-request.ts";

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** A report before the queue has numbered and dated it. */
export type Finding = DistributiveOmit<Report, "seq" | "at">;

/**
 * Why nothing is reported any more: `superseded`: another attempt took over; `stopped`: AIMA asked for the end;
 * `refused`: the callback URL is not taken (any more); `deadline`: the lease is over and nobody answered.
 */
export type QueueEnd = "superseded" | "stopped" | "refused" | "deadline";

/** A report will never be acknowledged. */
export class ReportsEnded extends Error {
  override readonly name = "ReportsEnded";
  readonly end: QueueEnd;

  constructor(end: QueueEnd) {
    super(`The attempt's reports ended: ${end}`);
    this.end = end;
  }
}

export type ReportQueueOptions = {
  readonly callbackUrl: string;
  readonly deadlineAtMs: number;
  readonly heartbeatMs: number;
  readonly log: Log;
  /** Called once. */
  onEnd(end: QueueEnd): void;
  /** AIMA asks for the work back: what is done is still taken, then `preempted`. May be called again. */
  onDrain(): void;
  /** Longest time a progress report waits for company. */
  readonly progressDelayMs?: number;
};

type Entry = { report: Report; readonly sizeBytes: number; readonly settled: PromiseWithResolvers<void> };

const BATCH_REPORTS = 50;
/** Under the receiver's 1 MiB, with room for the frame. */
const BATCH_BYTES = 900_000;
const REQUEST_TIMEOUT_MS = 30_000;
const PROGRESS_DELAY_MS = 2000;

export class ReportQueue {
  readonly #options: ReportQueueOptions;
  readonly #closing = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #pending: Entry[] = [];
  #nextSeq = 1;
  #sending = false;
  #inFlight = 0;
  #delayed: NodeJS.Timeout | null = null;
  #lastSentAtMs = Date.now();
  #end: QueueEnd | "closed" | null = null;

  constructor(options: ReportQueueOptions) {
    this.#options = options;
    this.#heartbeat = setInterval(() => this.#beat(), Math.max(options.heartbeatMs / 2, 10));
  }

  /**
   * Resolves when the report is durable; rejects with `ReportsEnded`. Progress may wait for 2 s, and gives way to
   * newer progress that comes before it is sent.
   */
  send(finding: Finding): Promise<void> {
    if (this.#end !== null) return Promise.reject(new ReportsEnded(this.#end === "closed" ? "stopped" : this.#end));
    const last = this.#pending.at(-1);
    if (finding.type === "progress" && last?.report.type === "progress" && this.#pending.length > this.#inFlight) {
      last.report = Report.parse({ ...finding, seq: last.report.seq, at: new Date().toISOString() });
      return last.settled.promise;
    }
    const report = Report.parse({ ...finding, seq: this.#nextSeq, at: new Date().toISOString() });
    this.#nextSeq += 1;
    const entry = {
      report,
      sizeBytes: Buffer.byteLength(JSON.stringify(report)),
      settled: Promise.withResolvers<void>(),
    };
    // Callers of progress and heartbeats do not wait for them; those that do wait get the rejection all the same.
    entry.settled.promise.catch(() => undefined);
    this.#pending.push(entry);
    if (finding.type === "progress") this.#flushLater();
    else this.#flush();
    return entry.settled.promise;
  }

  /** Ends the heartbeats and the wait for acknowledgements. */
  close(): void {
    this.#finish("closed");
  }

  #beat(): void {
    const idleMs = Date.now() - this.#lastSentAtMs;
    if (this.#pending.length === 0 && idleMs >= this.#options.heartbeatMs / 2) {
      void this.send({ type: "heartbeat" });
    }
  }

  #flushLater(): void {
    this.#delayed ??= setTimeout(() => this.#flush(), this.#options.progressDelayMs ?? PROGRESS_DELAY_MS);
  }

  #flush(): void {
    if (this.#delayed !== null) clearTimeout(this.#delayed);
    this.#delayed = null;
    if (this.#sending || this.#end !== null) return;
    this.#sending = true;
    void this.#drain();
  }

  async #drain(): Promise<void> {
    try {
      for (let failures = 0; this.#end === null && this.#pending.length > 0;) {
        const outcome = await this.#deliver(this.#nextBatch());
        if (outcome === "delivered") {
          failures = 0;
          continue;
        }
        failures += 1;
        if (Date.now() >= this.#options.deadlineAtMs) this.#finish("deadline");
        else await waitBefore(failures, this.#closing.signal);
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      // In the same turn that found nothing pending: a report that comes a turn later starts the next one.
      this.#sending = false;
    }
  }

  #nextBatch(): readonly Entry[] {
    let bytes = 0;
    const batch: Entry[] = [];
    for (const entry of this.#pending.slice(0, BATCH_REPORTS)) {
      bytes += entry.sizeBytes;
      if (batch.length > 0 && bytes > BATCH_BYTES) break;
      batch.push(entry);
    }
    this.#inFlight = batch.length;
    return batch;
  }

  async #deliver(batch: readonly Entry[]): Promise<"delivered" | "again"> {
    const reply = await exchange({
      method: "POST",
      url: this.#options.callbackUrl,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reports: batch.map((entry) => entry.report) }),
      timeoutMs: REQUEST_TIMEOUT_MS,
      signal: this.#closing.signal,
    });
    if (reply.kind === "refused") {
      this.#options.log("reports_refused", { status: reply.status, code: reply.code });
      this.#finish(reply.status === 409 ? "superseded" : "refused");
      return "again";
    }
    const answer = reply.kind === "ok" ? ReportReply.safeParse(reply.body) : null;
    if (answer === null || !answer.success) {
      this.#options.log("reports_delayed", { detail: reply.kind === "ok" ? "unreadable reply" : reply.detail });
      return "again";
    }
    this.#lastSentAtMs = Date.now();
    this.#pending = this.#pending.slice(batch.length);
    this.#inFlight = 0;
    for (const entry of batch) entry.settled.resolve();
    if (answer.data.directive === "stop") this.#finish("stopped");
    else if (answer.data.directive === "drain") this.#options.onDrain();
    return "delivered";
  }

  #finish(end: QueueEnd | "closed"): void {
    if (this.#end !== null) return;
    this.#end = end;
    clearInterval(this.#heartbeat);
    if (this.#delayed !== null) clearTimeout(this.#delayed);
    this.#closing.abort();
    for (const entry of this.#pending) entry.settled.reject(new ReportsEnded(end === "closed" ? "stopped" : end));
    this.#pending = [];
    if (end !== "closed") this.#options.onEnd(end);
  }
}
