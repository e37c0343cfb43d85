/** What a route is: its contract and its handler, in one value that serves requests and describes itself. */
import type { Context } from "hono";
import type { z } from "zod";
import type { Once } from "../../shared/contracts/once.ts";
import type { MediaAssetRpc } from "../../shared/contracts/objects.ts";
import { allows, type Permission } from "../../shared/core/access/permissions.ts";
import { ok } from "../../shared/core/result.ts";
import type { ErrorCode } from "../../shared/errors/codes.ts";
import type { ApiDeps, ApiEnv } from "./deps.ts";
import { idempotencyHeaders, onceOf, readIdempotencyKey, withReplayed } from "./idempotency-key.ts";
import { problem } from "./problem.ts";
import { readBody, readParams, readQuery } from "./request.ts";

export type ResponseSpec = {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** For bodies that are not JSON; beside `schema`, which is that of the JSON. */
  readonly contentTypes?: readonly string[];
  readonly example?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export const TAGS = {
  assets: "Uploading media and reading what is known of it",
  jobs: "How the analysis of an asset is going",
  search: "Finding moments in all media",
  auth: "Signing in, sessions and passwords",
  users: "The people of a tenant and what they may",
  "api keys": "Keys for programs",
  tenant: "The tenant itself: profile, quotas, usage",
  "rate limits": "How often, and what is left",
  audit: "Who did what",
  "dead letters": "Messages between the parts that could not be acted on",
  platform: "Operating all tenants",
  system: "The deployment itself",
} as const;

export type Tag = keyof typeof TAGS;

/** A route that goes away. Times as in RFC 3339. */
export type Deprecation = {
  readonly since: string;
  /** When it stops to answer; null while that is open. */
  readonly sunset: string | null;
  /** Path of what takes its place; null for nothing. */
  readonly successor: string | null;
};

type Contract<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType | null> = {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** With parameters in braces: `/v1/assets/{assetId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tag: Tag;
  /** What the caller must be allowed; null for a public route. */
  readonly permission: Permission | null;
  readonly params: P;
  readonly query: Q;
  /** A JSON body; null for none. */
  readonly body: B;
  readonly bodyExample?: unknown;
  /** The body may be left out, which means `{}`. */
  readonly bodyOptional?: boolean;
  /** The body is bytes and is streamed by the handler. */
  readonly takesBytes?: boolean;
  /** Header parameters, for the description; the handler reads them itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the audit log calls the thing that is changed; left out for the first segment after `/v1/`. */
  readonly audit?: { readonly resource: string };
  /** Answers carry `Deprecation`, `Sunset` and `Link`, and the document says so. */
  readonly deprecated?: Deprecation;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Beside those that every route of its kind has. */
  readonly problems: readonly ErrorCode[];
};

export type Call<P, Q, B> = {
  readonly c: Context<ApiEnv>;
  readonly deps: ApiDeps;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The tenant of the caller; empty on a public route. */
  readonly tenant: string;
  /** Of a POST with an `Idempotency-Key`: for the object that has the effect. Null otherwise. */
  readonly once: Once | null;
  readonly asset: (assetId: string) => MediaAssetRpc;
};

type Output<S extends z.ZodType | null> = S extends z.ZodType ? z.output<S> : null;

export type ApiRoute = Omit<Contract<z.ZodObject, z.ZodObject, z.ZodType | null>, "handle"> & {
  readonly serve: (c: Context<ApiEnv>, deps: ApiDeps) => Promise<Response>;
};

/** Codes that any route with this contract may answer with. */
export function problemCodes(route: ApiRoute): readonly ErrorCode[] {
  const codes = new Set<ErrorCode>(route.problems);
  if (route.permission !== null) {
    for (const code of ["unauthorized", "forbidden", "tenant_suspended", "authentication_unavailable"] as const)
      codes.add(code);
  }
  if (route.path.startsWith("/v1/") && route.method !== "get") codes.add("audit_unavailable");
  if (route.path.startsWith("/v1/")) codes.add("rate_limited").add("limits_unavailable");
  if (Object.keys(route.params.shape).length > 0) codes.add("not_found");
  if (route.method === "post") codes.add("idempotency_conflict").add("idempotency_in_flight");
  if (route.body !== null) {
    for (const code of ["malformed_json", "unsupported_media_type", "payload_too_large"] as const) codes.add(code);
  }
  // Of a query that nobody knows, if of nothing else.
  return [...codes.add("invalid_request").add("internal")];
}

/** Checks permission, parameters, query, idempotency key and body, in this order, before the handler sees the request. */
export function defineRoute<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType | null>(
  contract: Contract<P, Q, B> & {
    readonly handle: (call: Call<z.output<P>, z.output<Q>, Output<B>>) => Promise<Response> | Response;
  },
): ApiRoute {
  const { handle, ...described } = contract;
  const { method, operationId } = contract;
  return {
    ...described,
    ...(method === "post" ? { headers: { ...idempotencyHeaders(contract.responses), ...contract.headers } } : {}),
    serve: async (c, deps) => {
      const { principal } = c.var;
      if (contract.permission !== null) {
        if (principal === null) return problem(c, "unauthorized", "The request carries no valid credential.");
        if (!allows(principal.permissions, contract.permission)) {
          const extensions = { required_permissions: [contract.permission] };
          return problem(c, "forbidden", `This takes the permission ${contract.permission}.`, { extensions });
        }
      }
      const params = readParams(c, contract.params);
      if (!params.ok) return params.error;
      const query = readQuery(c, contract.query);
      if (!query.ok) return query.error;
      const key = method === "post" ? readIdempotencyKey(c) : ok(null);
      if (!key.ok) return key.error;
      const body = await readBody(c, contract.body, contract.bodyOptional ?? false);
      if (!body.ok) return body.error;
      const tenant = principal?.tenant ?? "";
      const answer = await handle({
        c,
        deps,
        params: params.value,
        query: query.value,
        // SAFETY: read by `contract.body`, or null when there is none.
        body: body.value as Output<B>,
        tenant,
        once: key.value === null ? null : onceOf(c, key.value, operationId, body.value),
        asset: (assetId) => deps.assets(tenant, assetId),
      });
      return withReplayed(c, answer);
    },
  };
}
