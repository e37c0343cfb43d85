/** Looking at the saga that closes or purges an asset, and ending one that is stuck. */
import type { AssetSaga } from "../../../../shared/contracts/asset.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { AssetParams, AssetSagaBody, Nothing } from "../../schemas.ts";
import { EXAMPLE_ASSET } from "./example-asset.ts";

const EXAMPLE: AssetSaga = {
  assetId: EXAMPLE_ASSET.id,
  status: "deleted",
  saga: {
    kind: "purge",
    status: "stuck",
    steps: [
      { name: "delete-insights", status: "done" },
      { name: "delete-blobs", status: "pending" },
    ],
    attempts: 16,
    reason: { code: "delete-blobs_failed", detail: "The bucket did not answer." },
    retryAt: null,
    startedAt: "2026-09-21T08:30:00.000Z",
    endedAt: null,
  },
  restorableUntil: null,
};

const shared = {
  tag: "assets",
  params: AssetParams,
  query: Nothing,
  body: null,
} as const;

const answer = { description: "The saga", schema: AssetSagaBody, example: EXAMPLE };

export const getAssetSaga = defineRoute({
  ...shared,
  method: "get",
  path: "/v1/assets/{assetId}/saga",
  operationId: "getAssetSaga",
  summary: "Read how an asset is closed or purged",
  description:
    "The steps that remove what an ended upload or analysis left, or everything of a deleted asset. The one read that " +
    "also answers for a deleted asset.",
  permission: "assets:read",
  responses: { 200: answer },
  problems: [],
  handle: async ({ c, params, asset }) => {
    const found = await asset(params.assetId).saga();
    return found.ok ? c.json(found.value) : refused(c, found.error);
  },
});

export const retryAssetSaga = defineRoute({
  ...shared,
  method: "post",
  path: "/v1/assets/{assetId}/saga/retry",
  operationId: "retryAssetSaga",
  summary: "Go on with a stuck saga",
  description: "Tries the step again on which the saga is stuck, with all its tries. One that is at work goes on.",
  permission: "assets:write",
  responses: { 200: { ...answer, headers: REPLAYED_HEADER } },
  problems: ["saga_not_stuck"],
  handle: async ({ c, params, asset, once }) => {
    const retried = await asset(params.assetId).retrySaga(once);
    markReplayed(c, retried);
    return retried.ok ? c.json(retried.value) : refused(c, retried.error);
  },
});

export const abandonAssetSaga = defineRoute({
  ...shared,
  method: "post",
  path: "/v1/assets/{assetId}/saga/abandon",
  operationId: "abandonAssetSaga",
  summary: "Give up a stuck saga",
  description: "Leaves what the saga could not remove where it is, for good, and says so in the journal.",
  permission: "assets:write",
  responses: { 200: { ...answer, headers: REPLAYED_HEADER } },
  problems: ["saga_not_stuck"],
  handle: async ({ c, params, asset, once }) => {
    const abandoned = await asset(params.assetId).abandonSaga(once);
    markReplayed(c, abandoned);
    return abandoned.ok ? c.json(abandoned.value) : refused(c, abandoned.error);
  },
});
