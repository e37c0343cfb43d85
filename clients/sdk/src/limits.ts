import { checkDone, dataOf, type Http } from "./answer.ts";
import type { components, operations } from "./openapi.gen.ts";

type Answer<Operation extends keyof operations> = operations[Operation] extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;

/** What a limit says now. */
export type LimitState = Answer<"getRateLimits">["limits"][number];
export type LimitRule = Answer<"listRateLimitRules">["rules"][number];
export type LimitOverride = components["schemas"]["RateLimitOverride"];
/** What is left out is as the rule has it. */
export type LimitChange = components["schemas"]["RateLimitOverrideChange"];
export type TenantLimits = Answer<"listTenantRateLimits">;

/** One user, key or route (`user:usr_…`) instead of all that the rule counts of the tenant. */
type Of = { readonly subject?: string };

const OVERRIDE = "/v1/platform/tenants/{tenantId}/rate-limits/{rule}";

/** How often the caller may ask; and, for operators of the platform, the limits of all tenants. */
export class Limits {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** What each limit that counts the caller says now. */
  async own(): Promise<LimitState[]> {
    return dataOf(await this.#http.GET("/v1/rate-limits")).limits;
  }

  async rules(): Promise<LimitRule[]> {
    return dataOf(await this.#http.GET("/v1/rate-limits/rules")).rules;
  }

  /** Where the caller's tenant has other limits than the rules. */
  async overrides(): Promise<LimitOverride[]> {
    return dataOf(await this.#http.GET("/v1/rate-limits/overrides")).overrides;
  }

  /** Forgets what is counted on a user or key of the caller's tenant; may be repeated. */
  async reset(subject: string): Promise<void> {
    checkDone(await this.#http.DELETE("/v1/rate-limits/{subject}", { params: { path: { subject } } }));
  }

  async ofTenant(tenantId: string): Promise<TenantLimits> {
    const params = { path: { tenantId } };
    return dataOf(await this.#http.GET("/v1/platform/tenants/{tenantId}/rate-limits", { params }));
  }

  /** Holds from the answer on. With `ifVersion`, only over that version. */
  async set(
    tenantId: string,
    rule: string,
    body: LimitChange,
    { subject, ifVersion }: Of & { readonly ifVersion?: number } = {},
  ): Promise<LimitOverride> {
    const params = {
      path: { tenantId, rule },
      query: subject === undefined ? {} : { subject },
      header: ifVersion === undefined ? {} : { "If-Match": `"v${ifVersion}"` },
    };
    return dataOf(await this.#http.PUT(OVERRIDE, { params, body }));
  }

  /** The rule's own limit is back; may be repeated. */
  async unset(tenantId: string, rule: string, { subject }: Of = {}): Promise<void> {
    const query = subject === undefined ? {} : { subject };
    checkDone(await this.#http.DELETE(OVERRIDE, { params: { path: { tenantId, rule }, query } }));
  }

  /** Forgets what is counted on a tenant, or on one subject of it; how many counts there were. */
  async resetTenant(tenantId: string, { subject }: Of = {}): Promise<number> {
    const params = { path: { tenantId }, query: subject === undefined ? {} : { subject } };
    return dataOf(await this.#http.DELETE("/v1/platform/tenants/{tenantId}/rate-limit-counts", { params })).forgotten;
  }
}
