/**
 * `POST /internal/bootstrap`, opened by the bootstrap secret: creates a tenant when it is new and issues an API key
 * for it. The first thing an operator (or the local launcher) does with a fresh deployment.
 */
import { z } from "zod";
import { tenantObject } from "../durable-objects/addresses.ts";
import { TenantId } from "../shared/contracts/asset.ts";
import { PLATFORM_TENANT } from "../shared/core/access/permissions.ts";
import { sameSecret } from "./agents/routes.ts";
import { readJson } from "./body.ts";
import { settingsOf } from "./env.ts";
import { problemResponse } from "./problem.ts";

const Bootstrap = z.strictObject({ tenant: TenantId, name: z.string().min(1).max(200) });

export async function handleBootstrap(request: Request, env: Env, requestId: string): Promise<Response> {
  const wanted = `Bearer ${settingsOf(env).BOOTSTRAP_SECRET}`;
  if (request.method !== "POST") {
    return problemResponse("method_not_allowed", {
      detail: "Bootstrap by POST.",
      requestId,
      headers: { allow: "POST" },
    });
  }
  if (!(await sameSecret(request.headers.get("authorization") ?? "", wanted))) {
    return problemResponse("unauthorized", { detail: "The bootstrap secret is not right.", requestId });
  }
  const body = await readJson(request, Bootstrap, 4096);
  if (body === null)
    return problemResponse("invalid_request", { detail: "The body names `tenant` and `name`.", requestId });
  const listed = { tenant: body.tenant, createdAtMs: Date.now() };
  await tenantObject(env, PLATFORM_TENANT).enlistTenant(listed, null);
  const { apiKey } = await tenantObject(env, body.tenant).bootstrap(body.tenant, body.name);
  return Response.json({ tenant: body.tenant, apiKey }, { status: 201, headers: { "cache-control": "no-store" } });
}
