import type { LiveAsset } from "./core/state.ts";

/**
 * Removes every object under the asset's prefix and aborts a multipart upload that nobody will finish. Repeating it
 * is harmless. Throws when the bucket does not answer; the timer then runs again.
 */
export async function purgeContent(bucket: R2Bucket, state: LiveAsset): Promise<void> {
  if (state.upload?.multipartId != null) {
    // An upload that has ended cannot be aborted, and one that is missed here R2 itself aborts after seven days.
    await bucket
      .resumeMultipartUpload(state.upload.key, state.upload.multipartId)
      .abort()
      .catch(() => undefined);
  }
  const prefix = `${state.tenant}/assets/${state.assetId}/`;
  for (;;) {
    const page = await bucket.list({ prefix, limit: 1000 });
    if (page.objects.length > 0) await bucket.delete(page.objects.map(({ key }) => key));
    if (!page.truncated) return;
  }
}
