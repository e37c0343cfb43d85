/** A key that is off, and on again. Both are idempotent: what is so already is answered with the key. */
import type { ApiKeyRpc, ApiKeyView } from "../../../../shared/contracts/api-key.ts";
import type { Once, Repeatable } from "../../../../shared/contracts/once.ts";
import { ETAG_HEADER, versionTag } from "../../entity-tag.ts";
import { markReplayed, REPLAYED_HEADER } from "../../idempotency-key.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { ApiKeyBody, EXAMPLE, KeyParams } from "./schemas.ts";

type Operation = {
  readonly name: "disable" | "enable";
  readonly summary: string;
  readonly description: string;
  readonly act: (tenant: ApiKeyRpc, keyId: string, once: Once | null) => Repeatable<ApiKeyView>;
};

const operation = ({ name, summary, description, act }: Operation) =>
  defineRoute({
    method: "post",
    path: `/v1/api-keys/{keyId}/${name}`,
    operationId: `${name}ApiKey`,
    summary,
    description,
    tag: "api keys",
    permission: "keys:manage",
    params: KeyParams,
    query: Nothing,
    body: null,
    responses: {
      200: {
        description: "The key after that",
        schema: ApiKeyBody,
        example: EXAMPLE,
        headers: { ...ETAG_HEADER, ...REPLAYED_HEADER },
      },
    },
    problems: [],
    handle: async ({ c, deps, tenant, params, once }) => {
      const key = await act(deps.tenants(tenant), params.keyId, once);
      markReplayed(c, key);
      return key.ok ? c.json(key.value, 200, { etag: versionTag(key.value.version) }) : refused(c, key.error);
    },
  });

export const disableApiKey = operation({
  name: "disable",
  summary: "Disable an API key",
  description:
    "When this answers, which takes up to 2 seconds, the key opens nothing any more, anywhere. It can be enabled again.",
  act: (tenant, keyId, once) => tenant.disableKey(keyId, once),
});

export const enableApiKey = operation({
  name: "enable",
  summary: "Enable an API key",
  description: "The key opens again, with the secret and the permissions that it has.",
  act: (tenant, keyId, once) => tenant.enableKey(keyId, once),
});
