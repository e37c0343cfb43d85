/**
 * An agent whose work is to append the numbers 1, 2, 3 … to each of its jobs, in reports that make one event each:
 * the beginning of a segment, and now and then a checkpoint with a stored blob.
 *
 * A batch that is not acknowledged is sent again under the same report numbers. When its attempt is over, what was
 * under way has an unknown fate, and the next attempt goes on behind it.
 */
import type { JobLease } from "../../../shared/contracts/agent.ts";
import { askForLease, readCheckpoint, report, reportUnheard, storeBlob } from "./agent-wire.ts";
import type { History } from "./history.ts";

/** What all agents of a run share. */
export type Load = {
  readonly baseUrl: string;
  readonly history: History;
  readonly random: () => number;
  /** Ends everything at once: the run has failed. */
  readonly signal: AbortSignal;
  /** The number last sent, by job. */
  readonly numbers: Map<string, number>;
  /** Jobs that are to be brought to their end; an agent that comes to the end of another leaves it without a word. */
  readonly open: Set<string>;
  /** Whether the time of appending is over, and jobs are to be finished. */
  readonly finishing: () => boolean;
};

const MAXIMUM_BATCH = 4;
const CHECKPOINT_SHARE = 0.04;
const REORDERED_SHARE = 0.2;
const PAYLOAD = "one number after the other\n".repeat(40);

const FOUND = {
  status: "succeeded",
  reason: null,
  insights: [
    {
      kind: "numbers",
      source: { engine: "numbers", model: "numbers-1", digest: null },
      confidence: null,
      timeRange: null,
      page: null,
      box: null,
      text: "one number after the other",
      data: {},
      artifact: null,
      embedding: null,
    },
  ],
} as const;
const NOTHING_FOUND = {
  status: "skipped",
  reason: { code: "no_engine", detail: "This agent knows numbers only." },
  insights: [],
} as const;

/**
 * Works until no job is open. At `silentAtMs` the agent falls silent in the middle of a job, once: without a word
 * it turns to another job, and the lease of the one it held has to run out.
 */
export async function runAgent(load: Load, agentId: string, silentAtMs: number): Promise<void> {
  let silent = false;
  const fallsSilent = (): boolean => !silent && Date.now() >= silentAtMs && (silent = true);
  while (load.open.size > 0) {
    load.signal.throwIfAborted();
    const lease = await askForLease(load.baseUrl, agentId);
    if (lease === null) continue;
    await readCheckpoint(lease, load.signal);
    const attempt = new NumberingAttempt(load, lease);
    if (!(await attempt.begin(agentId)) || !(await attempt.append(fallsSilent))) continue;
    if (load.open.has(lease.jobId) && (await attempt.finish())) load.open.delete(lease.jobId);
  }
}

type Content = { readonly type: string } & Record<string, unknown>;

class NumberingAttempt {
  readonly #load: Load;
  readonly #lease: JobLease;
  #seq = 0;

  constructor(load: Load, lease: JobLease) {
    this.#load = load;
    this.#lease = lease;
  }

  /** Like all below: false when the attempt is over. */
  async begin(agentId: string): Promise<boolean> {
    return this.#send([this.#numbered({ type: "hello", agentId, resumedFrom: null })]);
  }

  /** Appends until the time is over; false also when the agent falls silent, with its last words unheard or not. */
  async append(fallsSilent: () => boolean): Promise<boolean> {
    const { history, random, finishing } = this.#load;
    const writer = this.#lease.jobId;
    while (!finishing()) {
      const values = this.#nextValues(1 + Math.floor(random() * MAXIMUM_BATCH));
      const contents = await Promise.all(values.map((value) => this.#contentOf(value)));
      const reports = contents.map((content) => this.#numbered(content));
      history.add(...values.map((value) => ({ op: "invoke", writer, value }) as const));
      const silent = fallsSilent();
      if (silent) await reportUnheard(this.#lease, reports);
      const acknowledged = !silent && (await this.#sendInSomeOrder(reports));
      history.add(...values.map((value) => ({ op: acknowledged ? "ok" : "info", writer, value }) as const));
      if (!acknowledged) return false;
    }
    return true;
  }

  /** The first step brings one finding, the others say why they bring none. */
  async finish(): Promise<boolean> {
    const partials = this.#lease.steps.map(({ id }, index) => {
      const outcome = index === 0 ? FOUND : NOTHING_FOUND;
      return this.#numbered({ type: "partial", step: id, metadata: null, insightsBlob: null, ...outcome });
    });
    return (await this.#send(partials)) && this.#send([this.#numbered({ type: "succeeded" })]);
  }

  #nextValues(count: number): number[] {
    const { jobId } = this.#lease;
    const last = this.#load.numbers.get(jobId) ?? 0;
    this.#load.numbers.set(jobId, last + count);
    return Array.from({ length: count }, (_, index) => last + 1 + index);
  }

  async #contentOf(value: number): Promise<Content> {
    const { random, signal } = this.#load;
    if (random() >= CHECKPOINT_SHARE)
      return { type: "progress", fraction: 0.5, step: this.#lease.steps[0]?.id ?? null, segment: value };
    const blob = await storeBlob(this.#lease, `checkpoint-${value}`, PAYLOAD + value, signal);
    return { type: "checkpoint", blob, fraction: 0.5, nextSegment: value };
  }

  /** Some batches go in two requests, the later half first: it is held until the other half closes the gap. */
  async #sendInSomeOrder(reports: readonly unknown[]): Promise<boolean> {
    if (reports.length < 2 || this.#load.random() >= REORDERED_SHARE) return this.#send(reports);
    const middle = Math.ceil(reports.length / 2);
    return (await this.#send(reports.slice(middle))) && this.#send(reports.slice(0, middle));
  }

  async #send(reports: readonly unknown[]): Promise<boolean> {
    return reports.length === 0 || report(this.#lease, reports, this.#load.signal);
  }

  #numbered(content: Content): Content & { seq: number; at: string } {
    this.#seq += 1;
    return { ...content, seq: this.#seq, at: new Date().toISOString() };
  }
}
