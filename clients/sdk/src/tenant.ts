import { dataOf, type Http } from "./answer.ts";
import type { components, operations } from "./openapi.gen.ts";

export type Tenant = components["schemas"]["Tenant"];
export type Quota = components["schemas"]["Quota"];
export type UsageDay = operations["getUsage"]["responses"][200]["content"]["application/json"]["days"][number];

/** The caller's tenant, and what it has used. */
export class TenantAffairs {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  async get(): Promise<Tenant> {
    return dataOf(await this.#http.GET("/v1/tenant"));
  }

  /** What the tenant may hold and spend, and what it does. */
  async quotas(): Promise<Quota[]> {
    return dataOf(await this.#http.GET("/v1/tenant/quotas")).quotas;
  }

  /** Jobs and compute by day (UTC), newest first, 400 days at most; a day without jobs is left out. */
  async usage({ days = 31 }: { days?: number } = {}): Promise<UsageDay[]> {
    return dataOf(await this.#http.GET("/v1/tenant/usage", { params: { query: { limit: days } } })).days;
  }
}
