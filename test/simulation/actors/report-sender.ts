/**
 * An agent's way to send reports: in order and without gaps when all goes well; shuffled, repeated and late when not.
 */
import type { Report, ReportReply } from "../../../shared/contracts/agent.ts";
import { gpuJob } from "../../../durable-objects/addresses.ts";
import type { AttemptLog } from "../ledger.ts";
import type { World } from "../world.ts";
import { SimulatedFault } from "../faults.ts";

type WithoutHead<R> = R extends unknown ? Omit<R, "seq" | "at"> : never;
export type Finding = WithoutHead<Report>;

export class ReportSender {
  readonly #world: World;
  readonly #log: AttemptLog;
  readonly #address: { readonly tenant: string; readonly jobId: string };
  #unacked: Report[] = [];
  #acked: Report[] = [];
  #nextSeq = 1;
  #sending: Promise<void> | null = null;
  /** Set when nothing more is heard. */
  over: "stopped" | "superseded" | null = null;
  draining = false;

  constructor(world: World, log: AttemptLog, address: { readonly tenant: string; readonly jobId: string }) {
    this.#world = world;
    this.#log = log;
    this.#address = address;
  }

  add(finding: Finding, honest = true): void {
    // SAFETY: a finding with its head is a report of the same type.
    const report = { ...finding, seq: this.#nextSeq, at: new Date().toISOString() } as Report;
    this.#nextSeq += 1;
    this.#log.reports.set(report.seq, { report, honest, ackedAtMs: null });
    this.#unacked.push(report);
    this.#sending ??= this.#drain().finally(() => (this.#sending = null));
  }

  /** Resolves when everything is acknowledged, or nothing more is heard. */
  async settled(): Promise<void> {
    while (this.over === null && this.#unacked.length > 0) await (this.#sending ?? this.#world.sleep(200));
  }

  async #drain(): Promise<void> {
    const { faults, faultRandom } = this.#world;
    for (let failures = 0; this.over === null && this.#unacked.length > 0;) {
      await this.#world.sleep(faultRandom.int(5, 400));
      const size = faultRandom.int(1, 6);
      let from = 0;
      if (this.#unacked.length > size && faults.strikes("reports-shuffled", this.#log.job)) {
        from = faultRandom.int(1, this.#unacked.length - size);
      }
      const batch = faultRandom.shuffle(this.#unacked.slice(from, from + size));
      if (this.#acked.length > 0 && faults.strikes("reports-repeated", this.#log.job)) {
        batch.push(...this.#acked.slice(-faultRandom.int(1, 4)));
      }
      if (await this.#send(batch)) failures = 0;
      else {
        failures += 1;
        await this.#world.sleep(Math.min(500 * 2 ** failures, 8_000));
      }
    }
  }

  async #send(batch: readonly Report[]): Promise<boolean> {
    const { tenant, jobId } = this.#address;
    const { attempt } = this.#log;
    try {
      const answer = await this.#world.edge(`reports ${jobId}#${attempt}`, () =>
        gpuJob(this.#world.env, tenant, jobId).takeReports(attempt, batch),
      );
      if (answer.ok) this.#take(batch, answer.value);
      else this.over = "superseded";
      return true;
    } catch (error) {
      if (!(error instanceof SimulatedFault)) this.#world.unexpected(this.#log.job, error);
      return false;
    }
  }

  #take(batch: readonly Report[], reply: ReportReply): void {
    const seqs = new Set(batch.map(({ seq }) => seq));
    if (reply.accepted + reply.duplicates + reply.held < seqs.size && reply.directive !== "stop") {
      this.#world.ledger.violate(this.#log.job, `a batch of ${seqs.size} was answered ${JSON.stringify(reply)}`);
    }
    for (const { seq } of batch) {
      const sent = this.#log.reports.get(seq);
      if (sent !== undefined) sent.ackedAtMs ??= this.#world.scheduler.nowMs;
    }
    this.#acked.push(...this.#unacked.filter(({ seq }) => seqs.has(seq)));
    this.#unacked = this.#unacked.filter(({ seq }) => !seqs.has(seq));
    if (reply.directive === "stop") this.over = "stopped";
    if (reply.directive === "drain") this.draining = true;
  }
}
