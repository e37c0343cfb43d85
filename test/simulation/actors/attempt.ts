/** The work of one lease, segment by segment, and everything that can befall it. */
import { createHash } from "node:crypto";
import type { BlobRef } from "../../../shared/contracts/agent.ts";
import type { NewInsight } from "../../../shared/contracts/insight.ts";
import type { AttemptGrant } from "../../../durable-objects/gpu-job/object.ts";
import { SimulatedFault } from "../faults.ts";
import type { AttemptLog } from "../ledger.ts";
import { currentScope } from "../platform/scope.ts";
import type { World } from "../world.ts";
import { ReportSender } from "./report-sender.ts";

export type AttemptEnd = "succeeded" | "handed-back" | "failed" | "preempted" | "vanished" | "over";

const HEARTBEAT_MS = 10_000;

export class Attempt {
  readonly #world: World;
  readonly #grant: AttemptGrant;
  readonly #log: AttemptLog;
  readonly #sender: ReportSender;
  readonly #prefix: string;
  readonly #segments: number;
  readonly #told = new Set<string>();
  #checkpointsWritten = 0;

  constructor(world: World, grant: AttemptGrant, log: AttemptLog) {
    this.#world = world;
    this.#grant = grant;
    this.#log = log;
    const { tenant, assetId, jobId, attempt } = grant;
    this.#sender = new ReportSender(world, log, { tenant, jobId });
    this.#prefix = `${tenant}/assets/${assetId}/jobs/${jobId}/${attempt}/`;
    this.#segments = world.segmentsOf(log.job);
  }

  async run(): Promise<AttemptEnd> {
    const resumed = await this.#resume();
    this.#sender.add({ type: "hello", agentId: this.#log.who.split(".")[0] ?? "", resumedFrom: resumed?.key ?? null });
    for (let segment = this.#log.startSegment; segment < this.#segments; segment += 1) {
      if (this.#sender.over !== null) return "over";
      if (this.#sender.draining) return this.#handBack();
      const befallen = this.#befall();
      if (befallen !== null) return befallen;
      await this.#doSegment(segment);
    }
    await this.#reportStepsUpTo(this.#segments);
    this.#sender.add({ type: "succeeded" });
    await this.#sender.settled();
    return "succeeded";
  }

  async #doSegment(segment: number): Promise<void> {
    const { faults, faultRandom } = this.#world;
    this.#sender.add({ type: "progress", fraction: segment / this.#segments, step: null, segment });
    await this.#pass(faultRandom.skewed(500, 25_000));
    if (faults.strikes("agent-silent", this.#log.job)) await this.#world.sleep(faultRandom.int(35_000, 240_000));
    await this.#reportStepsUpTo(segment);
    if (segment % 2 === 1) await this.#checkpoint(segment + 1);
    if (faults.strikes("agent-lied", this.#log.job)) this.#lie(segment);
  }

  /** Each step ends with a segment of its own; a checkpoint never covers a step that was not told before. */
  async #reportStepsUpTo(segment: number): Promise<void> {
    const steps = this.#grant.steps.map(({ id }) => id);
    for (const [index, step] of steps.entries()) {
      const last = Math.floor(((index + 1) * this.#segments) / steps.length) - 1;
      if (this.#told.has(step) || last > segment) continue;
      this.#told.add(step);
      await this.#report(step);
    }
  }

  /** The newest checkpoint that can be read. */
  async #resume(): Promise<BlobRef | null> {
    for (const [index, { blob }] of this.#grant.checkpoints.entries()) {
      const bytes = await this.#download(blob.key);
      const good = bytes !== null && createHash("sha256").update(bytes).digest("hex") === blob.sha256;
      if (!good) {
        if (index === 0) this.#log.readNewest = false;
        continue;
      }
      // SAFETY: written by a checkpoint of this simulation.
      const saved = JSON.parse(new TextDecoder().decode(bytes)) as { job: string; nextSegment: number };
      if (saved.job !== this.#log.job)
        this.#world.ledger.violate(this.#log.job, `it was handed a checkpoint of ${saved.job}`);
      this.#log.startSegment = saved.nextSegment;
      return blob;
    }
    return null;
  }

  /** Works for a while, with a sign of life now and then. */
  async #pass(forMs: number): Promise<void> {
    for (let left = forMs; left > 0; left -= HEARTBEAT_MS) {
      await this.#world.sleep(Math.min(left, HEARTBEAT_MS));
      if (left > HEARTBEAT_MS && this.#sender.over === null) this.#sender.add({ type: "heartbeat" });
    }
  }

  #befall(): AttemptEnd | null {
    const { faults } = this.#world;
    if (faults.strikes("agent-vanished", this.#log.job)) return "vanished";
    if (!faults.strikes("agent-preempted", this.#log.job)) return null;
    this.#sender.add({ type: "preempted" });
    // The machine goes in some seconds: the last words may or may not arrive.
    const scope = currentScope();
    this.#world.scheduler.after(this.#world.faultRandom.int(50, 5_000), () => (scope.alive = false));
    return "preempted";
  }

  async #handBack(): Promise<AttemptEnd> {
    this.#sender.add({ type: "preempted" });
    await this.#sender.settled();
    return "handed-back";
  }

  async #report(step: string): Promise<void> {
    const { random } = this.#world;
    const outcome = { type: "partial" as const, step, metadata: null };
    if (random.chance(0.1)) {
      const reason = { code: "no_engine", detail: "Nothing serves this step here." };
      this.#sender.add({ ...outcome, status: "skipped", reason, insights: [], insightsBlob: null });
      return;
    }
    const insights = Array.from({ length: random.int(1, 3) }, (_, n) => this.#insight(step, n));
    if (!random.chance(0.3)) {
      this.#sender.add({ ...outcome, status: "succeeded", reason: null, insights, insightsBlob: null });
      return;
    }
    const insightsBlob = await this.#upload(`insights-${step}.json`, JSON.stringify(insights));
    if (this.#world.faults.strikes("upload-torn", insightsBlob.key)) {
      // Something else than what was promised, and as readable.
      this.#world.bucket.replace(
        insightsBlob.key,
        JSON.stringify([{ ...this.#insight(step, 0), data: { job: "none/none", attempt: 0 } }]),
      );
    }
    this.#sender.add({ ...outcome, status: "succeeded", reason: null, insights: [], insightsBlob });
  }

  #insight(step: string, n: number): NewInsight {
    return {
      kind: "finding",
      source: { engine: "sim", model: "sim-1", digest: null },
      confidence: null,
      timeRange: null,
      page: null,
      box: null,
      text: `${step} ${n}`,
      data: { job: this.#log.job, attempt: this.#log.attempt, n },
      artifact: null,
      embedding: null,
    };
  }

  async #checkpoint(nextSegment: number): Promise<void> {
    this.#checkpointsWritten += 1;
    const text = JSON.stringify({ job: this.#log.job, nextSegment, attempt: this.#log.attempt });
    const blob = await this.#upload(`checkpoint-${String(this.#checkpointsWritten).padStart(6, "0")}.json`, text);
    const fraction = nextSegment / this.#segments;
    this.#sender.add({ type: "checkpoint", blob, fraction, nextSegment });
    if (!this.#world.faults.strikes("upload-torn", blob.key)) return;
    // What the report names is not what the bucket has.
    this.#world.bucket.tear(blob.key);
  }

  #lie(segment: number): void {
    const { faultRandom } = this.#world;
    const blob = { key: `${this.#prefix}never-uploaded-${segment}`, sizeBytes: 3, sha256: "0".repeat(64) };
    const foreign = { ...blob, key: "ten_other/assets/ast_other/secret" };
    const lie = faultRandom.int(0, 2);
    if (lie === 0) this.#sender.add({ type: "checkpoint", blob, fraction: 0, nextSegment: 0 }, false);
    else if (lie === 1)
      this.#sender.add({ type: "checkpoint", blob: foreign, fraction: 1, nextSegment: this.#segments }, false);
    else {
      const outcome = { step: "no-such-step", status: "succeeded" as const, reason: null, metadata: null };
      this.#sender.add({ type: "partial", ...outcome, insights: [], insightsBlob: null }, false);
    }
  }

  async #upload(name: string, text: string): Promise<BlobRef> {
    const bytes = new TextEncoder().encode(text);
    const key = this.#prefix + name;
    await this.#insist(() => this.#world.bucket.put(key, bytes));
    return { key, sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }

  async #download(key: string): Promise<Uint8Array | null> {
    const found = await this.#insist(() => this.#world.bucket.read(key));
    return found === null ? null : new Uint8Array(found);
  }

  async #insist<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof SimulatedFault)) throw error;
        await this.#world.sleep(1_000);
      }
    }
  }
}
