/** One lease, from the download to the last report. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FailureCause, JobLease } from "../shared/contracts/agent.ts";
import type { Reason } from "../shared/contracts/media.ts";
import type { Step } from "../shared/contracts/operations.ts";
import { BlobFault, downloadBlob } from "./blobs.ts";
import { CheckpointWriter, readNewest } from "./checkpoint.ts";
import type { PassLimits } from "./config.ts";
import type { Pass } from "./engine.ts";
import { describeError, type Log } from "./log.ts";
import { planPasses } from "./plan-passes.ts";
import { ReportQueue, ReportsEnded } from "./report-queue.ts";
import { endWithout, reportStep } from "./report-step.ts";
import { runPass } from "./sandbox/run-pass.ts";

export type AttemptSettings = {
  readonly agentId: string;
  readonly scratchDir: string;
  readonly limits: PassLimits;
  /** URL of the module with the engine, loaded again in the process of each pass. */
  readonly engineModule: string;
  readonly passes: readonly Pick<Pass, "name" | "operations" | "accepts">[];
  readonly log: Log;
  /** Aborts when the machine goes away: the attempt is then handed back. */
  readonly preemption: AbortSignal;
};

export type AttemptEnd = "succeeded" | "failed" | "preempted" | "dropped";

/** How long the report of a preemption may take: the process has to be gone within 5 s. */
const PREEMPTION_REPORT_MS = 3000;
/** A pass over media with a duration gets this many times the duration where that is more than the limit. */
const DURATION_FACTOR = 4;

/** Runs the attempt. Never rejects: what goes wrong is reported, and logged. */
export async function runAttempt(lease: JobLease, settings: AttemptSettings): Promise<AttemptEnd> {
  const { jobId, attempt } = lease;
  const log: Log = (event, fields) => settings.log(event, { jobId, attempt, ...fields });
  const startedAtMs = Date.now();
  log("attempt_started", { steps: lease.steps.length, sizeBytes: lease.input.sizeBytes });
  await mkdir(settings.scratchDir, { recursive: true });
  const folder = await mkdtemp(join(settings.scratchDir, "attempt-"));
  const dropped = new AbortController();
  const drained = new AbortController();
  const preemption = AbortSignal.any([settings.preemption, drained.signal]);
  const reports = new ReportQueue({
    callbackUrl: lease.callbackUrl,
    deadlineAtMs: Date.parse(lease.deadlineAt),
    heartbeatMs: lease.heartbeatSeconds * 1000,
    log,
    onEnd: (end) => dropped.abort(new ReportsEnded(end)),
    onDrain: () => drained.abort(),
  });
  const signal = AbortSignal.any([dropped.signal, preemption]);
  try {
    const end = await new Attempt({ lease, settings, folder, reports, log, signal }).run();
    log("attempt_ended", { end, tookMs: Date.now() - startedAtMs });
    return end;
  } catch (error) {
    const end = await handBack(error, { reports, dropped: dropped.signal, preemption });
    log("attempt_ended", { end, tookMs: Date.now() - startedAtMs, detail: describeError(error) });
    return end;
  } finally {
    reports.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Ending = { readonly reports: ReportQueue; readonly dropped: AbortSignal; readonly preemption: AbortSignal };

async function handBack(error: unknown, { reports, dropped, preemption }: Ending): Promise<AttemptEnd> {
  if (dropped.aborted) return "dropped";
  if (preemption.aborted) {
    const acknowledged = reports.send({ type: "preempted" }).catch(() => undefined);
    await Promise.race([acknowledged, new Promise((resolve) => setTimeout(resolve, PREEMPTION_REPORT_MS))]);
    return "preempted";
  }
  const reason = { code: "agent_fault", detail: describeError(error) };
  const acknowledged = reports.send({ type: "failed", cause: "transient", reason });
  return acknowledged.then(() => "failed" as const).catch(() => "dropped" as const);
}

type AttemptParts = {
  readonly lease: JobLease;
  readonly settings: AttemptSettings;
  readonly folder: string;
  readonly reports: ReportQueue;
  readonly log: Log;
  readonly signal: AbortSignal;
};

class Attempt {
  readonly #parts: AttemptParts;
  readonly #open: Set<string>;
  readonly #checkpoints: CheckpointWriter;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
    this.#open = new Set(parts.lease.steps.map((step) => step.id));
    this.#checkpoints = new CheckpointWriter(parts.lease, parts.reports, parts.signal);
  }

  async run(): Promise<AttemptEnd> {
    const { lease, settings, folder, reports, log, signal } = this.#parts;
    const resumedFrom = lease.checkpoint?.blob.key ?? null;
    void reports.send({ type: "hello", agentId: settings.agentId, resumedFrom }).catch(() => undefined);
    const inputPath = join(folder, "input");
    try {
      const { url, sizeBytes, sha256 } = lease.input;
      await downloadBlob({ url, path: inputPath, sizeBytes, sha256, signal });
    } catch (error) {
      if (!(error instanceof BlobFault)) throw error;
      return await this.#fail("transient", { code: `input_${error.code}`, detail: error.message });
    }
    const checkpoint = await readNewest([lease.checkpoint, lease.previousCheckpoint], folder, log, signal);
    const plan = planPasses(settings.passes, lease.steps, lease.input);
    for (const { step, reason } of plan.skipped) await this.#endStep(step.id, "skipped", reason);
    for (const [index, { pass, steps }] of plan.runs.entries()) {
      const savedState = checkpoint?.pass === pass ? checkpoint.state : null;
      await this.#runPass({ pass, steps, savedState, inputPath, place: { index, of: plan.runs.length } });
    }
    await reports.send({ type: "succeeded" });
    return "succeeded";
  }

  async #runPass(work: PassWork): Promise<void> {
    const { lease, settings, folder, reports, log, signal } = this.#parts;
    const { pass, steps, savedState, inputPath, place } = work;
    const scratchDir = join(folder, `pass-${pass}`);
    await mkdir(scratchDir);
    const overall = (fraction: number): number => (place.index + fraction) / place.of;
    const startedAtMs = Date.now();
    const end = await runPass({
      engineModule: settings.engineModule,
      limits: this.#limits(),
      signal,
      run: { type: "run", pass, steps, context: { inputPath, input: inputOf(lease), scratchDir, savedState } },
      onResult: async (step, outcome) => {
        if (!this.#open.has(step)) return;
        await reportStep(step, outcome, { blobsUrl: lease.blobsUrl, reports, scratchDir, signal });
        this.#open.delete(step);
      },
      onProgress: (fraction, segment) => {
        const progress = {
          type: "progress",
          fraction: overall(fraction),
          step: firstOpen(steps, this.#open),
          segment,
        } as const;
        void reports.send(progress).catch(() => undefined);
      },
      onSave: (state, nextSegment, fraction) =>
        this.#checkpoints.write({ pass, state, nextSegment, fraction: overall(fraction) }),
    });
    log("pass_ended", {
      pass,
      code: end.reason?.code ?? null,
      tookMs: Date.now() - startedAtMs,
      peakMemoryBytes: end.peakMemoryBytes,
    });
    const reason = end.reason ?? {
      code: "no_outcome",
      detail: `The pass ${pass} ended without an outcome for this step.`,
    };
    for (const step of steps) {
      if (this.#open.has(step.id)) await this.#endStep(step.id, "failed", reason);
    }
    await rm(scratchDir, { recursive: true, force: true });
  }

  #limits(): PassLimits {
    const { limits } = this.#parts.settings;
    const durationMs = (this.#parts.lease.input.metadata.durationSeconds ?? 0) * 1000;
    return { ...limits, timeoutMs: Math.max(limits.timeoutMs, Math.min(durationMs * DURATION_FACTOR, MAX_TIMER_MS)) };
  }

  async #endStep(step: string, status: "skipped" | "failed", reason: Reason): Promise<void> {
    await endWithout(step, status, reason, this.#parts);
    this.#open.delete(step);
  }

  async #fail(cause: FailureCause, reason: Reason): Promise<AttemptEnd> {
    await this.#parts.reports.send({ type: "failed", cause, reason });
    return "failed";
  }
}

/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type PassWork = {
  readonly pass: string;
  readonly steps: readonly Step[];
  readonly savedState: unknown;
  readonly inputPath: string;
  readonly place: { readonly index: number; readonly of: number };
};

/** Without the URL: a pass has no business with the network. */
function inputOf({
  input,
}: JobLease): Pick<JobLease["input"], "name" | "mediaType" | "contentType" | "sizeBytes" | "metadata"> {
  const { name, mediaType, contentType, sizeBytes, metadata } = input;
  return { name, mediaType, contentType, sizeBytes, metadata };
}

function firstOpen(steps: readonly Step[], open: ReadonlySet<string>): string | null {
  return steps.find((step) => open.has(step.id))?.id ?? null;
}
