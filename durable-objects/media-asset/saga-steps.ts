/** What each step of a saga does to the world outside. Every one can be repeated; all throw when it could not be done. */
import { gpuJob } from "../addresses.ts";
import type { SagaStep } from "./core/saga.ts";
import { prefixOf, residueOf } from "./core/residue.ts";
import type { AssetState, LiveAsset } from "./core/state.ts";
import { cachePrefixOf } from "./step-cache.ts";

/** What a step may use of its object. `state` is read anew after each wait: commands go on meanwhile. */
export type SagaWorld = {
  readonly env: Env;
  readonly state: () => LiveAsset;
  /** Tells the index that there is news, until it has confirmed. */
  readonly tellIndex: () => void;
  /** A submission that is still on its way does not arrive any more. */
  readonly withdrawSubmission: (jobId: string) => void;
};

export async function runSagaStep(step: SagaStep, world: SagaWorld): Promise<void> {
  const { env } = world;
  switch (step) {
    case "cancel-jobs":
      for (const { jobId } of world.state().openJobs) {
        world.withdrawSubmission(jobId);
        // One that was never submitted, or has ended, refuses: there is nothing to cancel.
        await gpuJob(env, world.state().tenant, jobId).cancel();
      }
      return;
    case "abort-multipart": {
      const { upload } = world.state();
      if (upload?.multipartId == null) return;
      // One that has ended cannot be aborted; R2 itself aborts what is missed here after seven days.
      await env.MEDIA.resumeMultipartUpload(upload.key, upload.multipartId)
        .abort()
        .catch(() => undefined);
      return;
    }
    case "sweep-blobs":
      await sweepBlobs(env.MEDIA, world.state);
      return;
    case "delete-blobs":
      await deletePrefix(env.MEDIA, prefixOf(world.state()));
      return;
    case "delete-cache": {
      const { tenant, content } = world.state();
      if (content !== null) await deletePrefix(env.MEDIA, cachePrefixOf(tenant, content.sha256));
      return;
    }
    case "delete-index":
      world.tellIndex();
      return;
    // Rows of the object itself: they go in the transaction of the event that the step is done.
    case "drop-findings":
    case "delete-insights":
      return;
  }
}

/** The state is read after each page of keys: a job that began since has no object among them. */
export async function sweepBlobs(bucket: R2Bucket, state: () => LiveAsset): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix: prefixOf(state()),
      limit: 1000,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const residue = residueOf(
      state(),
      page.objects.map(({ key }) => key),
    );
    if (residue.length > 0) await bucket.delete(residue);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** What was still on its way when the saga ran: an upload, an attempt. */
export async function sweepLate(bucket: R2Bucket, stateNow: () => AssetState): Promise<void> {
  const state = stateNow();
  if (state.phase === "absent") return;
  if (state.status !== "deleted") {
    await sweepBlobs(bucket, () => {
      const now = stateNow();
      return now.phase === "live" ? now : state;
    });
    return;
  }
  // One that can still be restored keeps what it has.
  if (state.saga?.kind === "purge" || state.deletion?.purgeAtMs === null) await deletePrefix(bucket, prefixOf(state));
}

export async function deletePrefix(bucket: R2Bucket, prefix: string): Promise<void> {
  for (;;) {
    const page = await bucket.list({ prefix, limit: 1000 });
    if (page.objects.length > 0) await bucket.delete(page.objects.map(({ key }) => key));
    if (!page.truncated) return;
  }
}
