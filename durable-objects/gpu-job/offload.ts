/**
 * Findings too large for a row go to the bucket before anything is decided, and on by reference. The same findings make
 * the same key: doing it twice changes nothing, and what is left behind by a crash goes with the asset's prefix.
 */
import { createHash } from "node:crypto";
import type { StepOutcome } from "../../shared/contracts/agent.ts";

/** What one outbox row may carry inline; results over 128 KiB go by reference everywhere. */
const INLINE_BYTES = 128 * 1024;

const encoder = new TextEncoder();

export async function offload<Outcome extends StepOutcome>(
  bucket: R2Bucket,
  prefix: string,
  outcome: Outcome,
): Promise<Outcome> {
  if (outcome.insights.length === 0) return outcome;
  const text = JSON.stringify(outcome.insights);
  if (text.length * 3 <= INLINE_BYTES) return outcome;
  const bytes = encoder.encode(text);
  if (bytes.length <= INLINE_BYTES) return outcome;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const key = `${prefix}${outcome.step}.${sha256.slice(0, 16)}.insights.json`;
  await bucket.put(key, bytes, { sha256 });
  return { ...outcome, insights: [], insightsBlob: { key, sizeBytes: bytes.length, sha256 } };
}
