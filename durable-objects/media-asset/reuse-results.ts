/** What an asset takes from the step cache, and what it leaves there. */
import type { NewInsight } from "../../shared/contracts/insight.ts";
import type { JobSpec } from "../gpu-job/core/spec.ts";
import { cachedPrefixOf } from "./core/residue.ts";
import type { LiveAsset } from "./core/state.ts";
import { StepCache, type StepFindings } from "./step-cache.ts";

export const NO_RESULTS: ReadonlyMap<string, StepFindings> = new Map();

/** Results of this job's steps that are known already, by step; their artifacts are the asset's own copies. */
export async function reusableResults(
  bucket: R2Bucket,
  asset: LiveAsset,
  jobId: string,
  { steps, input }: JobSpec,
): Promise<ReadonlyMap<string, StepFindings>> {
  if (!asset.usesCache) return NO_RESULTS;
  const { sha256, contentType, name } = input;
  const copyTo = `${cachedPrefixOf(asset)}${jobId}/`;
  return new StepCache(bucket, asset.tenant).find({ sha256, contentType, name }, steps, copyTo);
}

/** Results that came out of the cache are in it. */
export async function keepResults(
  bucket: R2Bucket,
  { tenant, name, content, contentType, steps }: LiveAsset,
  insightsOf: (step: string) => readonly NewInsight[],
): Promise<void> {
  if (content === null || contentType === null) return;
  const cache = new StepCache(bucket, tenant);
  for (const { id, operation, parameters, status, cached, metadata } of steps) {
    if (status !== "succeeded" || cached) continue;
    const findings = { metadata, insights: insightsOf(id) };
    await cache.keep({ sha256: content.sha256, contentType, name }, { id, operation, parameters }, findings);
  }
}
