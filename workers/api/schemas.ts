/** Shapes that several routes share: parameters, queries, and the named schemas of the OpenAPI document. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  AssetId,
  AssetSaga,
  AssetStep,
  AssetSummary,
  AssetView,
  CompleteAsset,
  CreateAsset,
  JobId,
  JournalEvent,
  RerunAsset,
  SagaView,
} from "../../shared/contracts/asset.ts";
import { JobView } from "../../shared/contracts/job.ts";
import { Insight } from "../../shared/contracts/insight.ts";
import { InspectionError, MediaType, Metadata, Reason } from "../../shared/contracts/media.ts";
import { SearchAnswer, SearchHit } from "../../shared/contracts/search.ts";

/** Holds the description only; requests are served by the app. */
export const documentation = new OpenAPIHono();
const registry = documentation.openAPIRegistry;

export const Nothing = z.strictObject({});
export const AssetParams = z.strictObject({ assetId: AssetId });
export const JobParams = z.strictObject({ jobId: JobId });

/** Page sizes are whole numbers in decimal digits. */
export const limitUpTo = (max: number, preset: number) =>
  z.coerce.number().int().min(1).max(max).default(preset).describe(`At most this many, 1 to ${max}`);

export const Cursor = z.string().min(1).max(1024).describe("`next` of the previous page");

// The generator cannot follow the recursive JSON type; on the wire it is any JSON object.
const anyObject = z.record(z.string(), z.unknown());

const metadata = registry.register("Metadata", Metadata);
// A union, because the generator writes a nullable reference as an impossible `allOf`.
const reason = z.union([registry.register("Reason", Reason), z.null()]);
const mediaType = z.union([registry.register("MediaType", MediaType), z.null()]);
const inspectionErrors = z.array(registry.register("InspectionError", InspectionError));

export const AssetBody = registry.register(
  "Asset",
  AssetView.extend({
    metadata,
    reason,
    mediaType,
    inspectionErrors,
    steps: z.array(registry.register("AssetStep", AssetStep.extend({ reason }))),
  }),
);
export const AssetSummaryBody = registry.register("AssetSummary", AssetSummary.extend({ metadata, reason, mediaType }));
export const JobBody = registry.register("Job", JobView.extend({ reason }));
export const CreateAssetBody = registry.register("CreateAsset", CreateAsset);
export const CompleteAssetBody = registry.register("CompleteAsset", CompleteAsset);
export const RerunAssetBody = registry.register("RerunAsset", RerunAsset);
export const AssetSagaBody = registry.register(
  "AssetSaga",
  AssetSaga.extend({ saga: z.union([registry.register("Saga", SagaView.extend({ reason })), z.null()]) }),
);
export const EventBody = registry.register("Event", JournalEvent.extend({ data: anyObject }));
export const InsightBody = registry.register("Insight", Insight.extend({ data: anyObject }));
export const SearchHitBody = registry.register("SearchHit", SearchHit.extend({ mediaType }));
export const SearchAnswerBody = registry.register(
  "SearchAnswer",
  SearchAnswer.extend({ hits: z.array(SearchHitBody) }),
);

export const Problem = registry.register(
  "Problem",
  z.object({
    type: z.string().describe("Page that explains the code: `/problems/<code>`"),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional().describe("Path of the request"),
    code: z.string().describe("Stable name of the error"),
    fix: z.string().describe("What to do about it"),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    required_permissions: z.array(z.string()).optional().describe("Of `forbidden`: what the caller lacks"),
    changeToken: z.string().optional().describe("Of `password_expired`: sets another password, once"),
    changeTokenExpiresAt: z.iso.datetime().optional(),
  }),
);
