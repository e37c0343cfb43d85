/**
 * Which objects under an asset's prefix nothing refers to. Pure.
 *
 * R1 What an open job or upload may still write, or has written and not yet reported, is never residue.
 */
import { artifactsOf, type LiveAsset } from "./state.ts";

export const prefixOf = ({ tenant, assetId }: { readonly tenant: string; readonly assetId: string }): string =>
  `${tenant}/assets/${assetId}/`;

/** Where results from the step cache are copied to: an asset's own objects depend on no other asset's. */
export const cachedPrefixOf = (state: LiveAsset): string => `${prefixOf(state)}cached/`;

/** Of these keys, those to remove. The state has to be read after the keys were listed. */
export function residueOf(state: LiveAsset, keys: readonly string[]): string[] {
  const kept = new Set(artifactsOf(state).map(({ key }) => key));
  if (state.content !== null) kept.add(state.content.key);
  if (state.upload !== null) kept.add(state.upload.key);
  const open = state.openJobs.map(({ jobId }) => `${prefixOf(state)}jobs/${jobId}/`);
  if (state.status === "analysing") open.push(cachedPrefixOf(state));
  return keys.filter((key) => !kept.has(key) && !open.some((prefix) => key.startsWith(prefix)));
}
