/** Turns what a pass found into one `partial` report: produced files become artifacts, long results become a blob. */
import { readFile, realpath } from "node:fs/promises";
import { sep } from "node:path";
import type { BlobRef } from "../shared/contracts/agent.ts";
import type { Artifact, NewInsight } from "../shared/contracts/insight.ts";
import type { Reason } from "../shared/contracts/media.ts";
import { BlobFault, uploadBlob } from "./blobs.ts";
import type { ProducedFile, ProducedInsight } from "./engine.ts";
import type { ReportQueue } from "./report-queue.ts";
import type { Outcome } from "./sandbox/messages.ts";

/** Insights over this go up as a blob. */
const MAX_INLINE_BYTES = 100 * 1024;
/** The contract's bound for insights within a report. */
const MAX_INLINE_INSIGHTS = 2000;

export type StepReporting = {
  readonly blobsUrl: string;
  readonly reports: Pick<ReportQueue, "send">;
  /** The folder that produced files must lie in. */
  readonly scratchDir: string;
  readonly signal: AbortSignal;
};

/** Resolves when the outcome of the step is durable. Throws `ReportsEnded`, or the reason of the signal. */
export async function reportStep(step: string, outcome: Outcome, reporting: StepReporting): Promise<void> {
  if (outcome.status !== "succeeded") {
    await endWithout(step, outcome.status, outcome.reason, reporting);
    return;
  }
  try {
    const insights = await withArtifacts(step, outcome.insights, reporting);
    const encoded = new TextEncoder().encode(JSON.stringify(insights));
    const inline = encoded.length <= MAX_INLINE_BYTES && insights.length <= MAX_INLINE_INSIGHTS;
    const insightsBlob = inline ? null : await upload(`insights-${step}.json`, encoded, "application/json", reporting);
    await reporting.reports.send({
      type: "partial",
      step,
      status: "succeeded",
      reason: null,
      metadata: outcome.metadata ?? null,
      insights: inline ? insights : [],
      insightsBlob,
    });
  } catch (error) {
    if (!(error instanceof BlobFault)) throw error;
    await endWithout(step, "failed", { code: "upload_failed", detail: error.message }, reporting);
  }
}

/** Ends a step that has no result. */
export async function endWithout(
  step: string,
  status: "skipped" | "failed",
  reason: Reason,
  { reports }: Pick<StepReporting, "reports">,
): Promise<void> {
  await reports.send({ type: "partial", step, status, reason, metadata: null, insights: [], insightsBlob: null });
}

async function withArtifacts(
  step: string,
  produced: readonly ProducedInsight[],
  reporting: StepReporting,
): Promise<NewInsight[]> {
  const stored = new Map<string, Artifact>();
  const insights: NewInsight[] = [];
  for (const { file, ...insight } of produced) {
    if (file !== null && !stored.has(file.path)) stored.set(file.path, await storeFile(step, file, reporting));
    insights.push({ ...insight, artifact: file === null ? null : (stored.get(file.path) ?? null) });
  }
  return insights;
}

async function storeFile(step: string, file: ProducedFile, reporting: StepReporting): Promise<Artifact> {
  const path = await realpath(file.path).catch(() => "");
  // A process taken over by its input must not make the agent publish other files of the machine.
  if (!path.startsWith((await realpath(reporting.scratchDir)) + sep)) {
    throw new BlobFault("refused", `${file.name} is not in the scratch folder of its pass`);
  }
  const blob = await upload(
    `${step}.${file.name}`.slice(-80),
    new Uint8Array(await readFile(path)),
    file.contentType,
    reporting,
  );
  return { name: file.name, contentType: file.contentType, ...blob };
}

function upload(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
  { blobsUrl, signal }: StepReporting,
): Promise<BlobRef> {
  return uploadBlob({ blobsUrl, name: name.replace(/^[^a-z0-9]+/, ""), bytes, contentType, signal });
}
