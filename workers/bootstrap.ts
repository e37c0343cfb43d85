/**
 * `POST /internal/bootstrap`, opened by the bootstrap secret: creates a tenant when it is new, makes its first admin when
 * `email` and `password` are given, and issues an API key. The first thing an operator (or the local launcher) does with a
 * fresh deployment. The admins of the platform's own tenant operate all tenants.
 */
import { z } from "zod";
import { tenantObject } from "../durable-objects/addresses.ts";
import { TenantId } from "../shared/contracts/asset.ts";
import { PLATFORM_TENANT } from "../shared/core/access/permissions.ts";
import { Email, Password } from "../shared/contracts/user.ts";
import { residencyOf } from "../shared/core/residency.ts";
import { sameSecret } from "./agents/routes.ts";
import { readJson } from "./body.ts";
import { settingsOf } from "./env.ts";
import { foundAdmin } from "./found-admin.ts";
import { problemResponse } from "./problem.ts";

const Named = z.strictObject({ tenant: TenantId, name: z.string().min(1).max(200) });
const Bootstrap = z.union([Named, Named.extend({ email: Email, password: Password })]);

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
    return problemResponse("invalid_request", {
      detail: "The body names `tenant` and `name`, and for an admin `email` and `password`.",
      requestId,
    });
  const { tenant, name } = body;
  const object = tenantObject(env, tenant);
  // One that is there already stays as it is; one that was deleted stays deleted.
  const made = await object.createTenant({ tenant, name, residency: residencyOf(tenant) }, null);
  if (!made.ok && made.error.code !== "tenant_exists") {
    return problemResponse(made.error.code, { detail: made.error.detail, requestId });
  }
  await tenantObject(env, PLATFORM_TENANT).enlistTenant({ tenant, createdAtMs: Date.now() }, null);
  const refusal = "email" in body ? await foundAdmin(env, tenant, body) : null;
  if (refusal !== null) return problemResponse(refusal.code, { detail: refusal.detail, requestId });
  const { apiKey } = await object.bootstrap(tenant, name);
  return Response.json({ tenant, apiKey }, { status: 201, headers: { "cache-control": "no-store" } });
}
