/** Real assets in workerd, for tests. */
import { env } from "cloudflare:workers";
import type { CreateAsset } from "../../../shared/contracts/asset.ts";
import type { NewInsight } from "../../../shared/contracts/insight.ts";
import type { Inspection } from "../../../shared/contracts/media.ts";
import { mediaAsset } from "../../addresses.ts";

export const SHA = "a".repeat(64);

/** A fresh asset, its stub for the test's tools and its typed stub. `of` keeps the ids of test files apart. */
export const freshAssets = (of: number) => {
  let counter = of * 1_000;
  return () => {
    counter += 1;
    const assetId = `ast_${"0".repeat(20)}${String(counter).padStart(6, "0")}`;
    const raw = env.MEDIA_ASSET.get(env.MEDIA_ASSET.idFromName(`ten_test/${assetId}`));
    return { assetId, raw, asset: mediaAsset(env, "ten_test", assetId), prefix: `ten_test/assets/${assetId}/` };
  };
};
export type Fresh = ReturnType<ReturnType<typeof freshAssets>>;

export const inspection: Inspection = {
  verdict: "accepted",
  reason: null,
  mediaType: "image",
  contentType: "image/png",
  metadata: { width: 10, height: 10 },
  errors: [],
  bytesRead: 100,
  rangeReads: 1,
};

export const insight = (text: string, over: Partial<NewInsight> = {}): NewInsight => ({
  kind: "ocr-text",
  source: { engine: "cpu", model: "test", digest: null },
  confidence: 0.9,
  timeRange: null,
  page: null,
  box: null,
  text,
  data: {},
  artifact: null,
  embedding: null,
  ...over,
});

/** Uploads three bytes, which lie in the bucket, and completes. */
export async function upload<Made extends Fresh>(
  made: Made,
  { sha256 = SHA, body = {} }: { sha256?: string; body?: Partial<CreateAsset> } = {},
): Promise<Made> {
  const { asset, assetId } = made;
  await asset.create({ tenant: "ten_test", assetId, body: { name: "a.png", ...body } });
  const grant = await asset.beginUpload();
  if (!grant.ok) throw new Error(grant.error.code);
  await env.MEDIA.put(grant.value.key, "abc");
  await asset.finishUpload(grant.value.upload, { sizeBytes: 3, sha256 });
  await asset.complete({});
  return made;
}

export async function jobOf({ asset }: Fresh): Promise<string> {
  const view = await asset.get();
  return view.ok ? (view.value.jobId ?? "") : "";
}

export const keysUnder = async (prefix: string): Promise<string[]> =>
  (await env.MEDIA.list({ prefix })).objects.map(({ key }) => key.slice(prefix.length));
