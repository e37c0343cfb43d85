import { dataOf, type Http, overPages } from "./answer.ts";
import type { components } from "./openapi.gen.ts";
import type { Quota, Tenant } from "./tenant.ts";

type Schemas = components["schemas"];
export type TenantDeletion = Schemas["TenantDeletion"];
/** What is left out stays; null takes a limit away. */
export type QuotaChange = Schemas["QuotaChange"];
export type NewTenant = { name: string; residency?: Tenant["residency"]; adminEmail?: string };

/** All tenants of the deployment. For operators of the platform: no API key may do this. */
export class Tenants {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** By id, page by page as they are asked for; tenants that are gone are left out. */
  list(): AsyncGenerator<Tenant, void> {
    return overPages(async (cursor) => {
      const query = { limit: 50, ...cursor };
      const { tenants, next } = dataOf(await this.#http.GET("/v1/platform/tenants", { params: { query } }));
      return { items: tenants, next };
    });
  }

  /** `adminEmail` is invited to be its first admin. `residency` is for good. */
  async create({ residency = "any", ...given }: NewTenant, idempotencyKey: string = crypto.randomUUID()) {
    const params = { header: { "Idempotency-Key": idempotencyKey } };
    return dataOf(await this.#http.POST("/v1/platform/tenants", { body: { residency, ...given }, params }));
  }

  async get(tenantId: string): Promise<Tenant> {
    return dataOf(await this.#http.GET("/v1/platform/tenants/{tenantId}", { params: { path: { tenantId } } }));
  }

  /** Nobody of the tenant gets in any more when this returns. This and `resume` may be repeated. */
  async suspend(tenantId: string): Promise<Tenant> {
    return dataOf(await this.#http.POST("/v1/platform/tenants/{tenantId}/suspend", { params: { path: { tenantId } } }));
  }

  async resume(tenantId: string): Promise<Tenant> {
    return dataOf(await this.#http.POST("/v1/platform/tenants/{tenantId}/resume", { params: { path: { tenantId } } }));
  }

  async setQuotas(tenantId: string, body: QuotaChange): Promise<Quota[]> {
    const params = { path: { tenantId } };
    return dataOf(await this.#http.PUT("/v1/platform/tenants/{tenantId}/quotas", { params, body })).quotas;
  }

  /** For good, with everything the tenant has; only of a suspended one. Goes on by itself: see `deletion`. */
  async delete(tenantId: string): Promise<TenantDeletion> {
    const params = { path: { tenantId }, query: { confirm: tenantId } };
    return dataOf(await this.#http.DELETE("/v1/platform/tenants/{tenantId}", { params }));
  }

  /** How the deletion stands; answers for good, also when the tenant is gone. */
  async deletion(tenantId: string): Promise<TenantDeletion> {
    return dataOf(await this.#http.GET("/v1/platform/tenants/{tenantId}/deletion", { params: { path: { tenantId } } }));
  }

  /** Goes on with a deletion that is stuck. */
  async retryDeletion(tenantId: string): Promise<TenantDeletion> {
    const params = { path: { tenantId } };
    return dataOf(await this.#http.POST("/v1/platform/tenants/{tenantId}/deletion/retry", { params }));
  }
}
