import type { Context } from "hono";
import { z } from "zod";
import {
  ApiKeyId,
  ApiKeyView,
  CreateApiKey,
  type IssuedApiKey,
  type KeyMaker,
  RollApiKey,
  UpdateApiKey,
} from "../../../../shared/contracts/api-key.ts";
import type { ApiEnv } from "../../deps.ts";
import { versionTag } from "../../entity-tag.ts";
import { documentation } from "../../schemas.ts";

const registry = documentation.openAPIRegistry;

export const ApiKeyBody = registry.register("ApiKey", ApiKeyView);
export const CreateApiKeyBody = registry.register("CreateApiKey", CreateApiKey);
export const UpdateApiKeyBody = registry.register("UpdateApiKey", UpdateApiKey);
export const RollApiKeyBody = registry.register("RollApiKey", RollApiKey);
export const IssuedApiKeyBody = registry.register(
  "IssuedApiKey",
  ApiKeyView.extend({ secret: z.string().describe("The whole key. It is shown this once and is not kept") }),
);

export const KeyParams = z.strictObject({ keyId: ApiKeyId });

/** Only for the description. */
export const EXAMPLE = {
  id: "key_01M85NKE4DP0RP9DAQ2HN40J9C",
  name: "Nightly import",
  permissions: ["assets:read", "assets:write"] as ("assets:read" | "assets:write")[],
  status: "enabled",
  ending: "5d0e",
  limit: { limit: 600, windowSeconds: 60 },
  createdBy: "usr_01M85NKE4DP0RP9DAQ2HN40J9C",
  owner: "usr_01M85NKE4DP0RP9DAQ2HN40J9C",
  createdAt: "2026-11-25T09:00:00.000Z",
  updatedAt: "2026-11-25T09:00:00.000Z",
  expiresAt: "2027-11-25T09:00:00.000Z",
  graceUntil: null,
  lastUsedAt: "2026-11-25T10:00:00.000Z",
  version: 1,
} as const;

export const EXAMPLE_SECRET =
  "aima_01M85NKE4DP0RP9DAQ2HN40J9C_01M85NKE4DP0RP9DAQ2HN40J9C_0123456789ABCDEFGHJKMNPQRSTVWXYZ_3a7b5d0e";

/** Who makes or changes a key: it gets nothing that they lack. */
export function makerOf(c: Context<ApiEnv>): KeyMaker {
  const { principal } = c.var;
  return { id: principal?.actor.id ?? "", permissions: principal?.permissions ?? [] };
}

/** The one answer that has the secret; nothing on the way keeps it. */
export function issued(c: Context<ApiEnv>, status: 200 | 201, { key, secret }: IssuedApiKey): Response {
  return c.json({ ...key, secret }, status, {
    "cache-control": "no-store",
    etag: versionTag(key.version),
    location: `/v1/api-keys/${key.id}`,
  });
}
