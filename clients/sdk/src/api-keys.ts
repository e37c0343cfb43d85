import { checkDone, dataOf, type Http, overPages } from "./answer.ts";
import type { components } from "./openapi.gen.ts";

export type ApiKey = components["schemas"]["ApiKey"];
/** With `secret`, the whole key, which the API shows this once. */
export type IssuedApiKey = components["schemas"]["IssuedApiKey"];
export type CreateApiKey = components["schemas"]["CreateApiKey"];
export type UpdateApiKey = components["schemas"]["UpdateApiKey"];

/**
 * The tenant's API keys. When the answer of `create` or `roll` is lost, it is asked for again under the same idempotency
 * key: that changes nothing twice, and is refused as `secret_shown`, because the secret is not kept.
 */
export class ApiKeys {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** All keys, newest first, without their secrets, page by page as they are asked for. */
  list(): AsyncGenerator<ApiKey, void> {
    return overPages(async (cursor) => {
      const query = { limit: 100, ...cursor };
      const { apiKeys, next } = dataOf(await this.#http.GET("/v1/api-keys", { params: { query } }));
      return { items: apiKeys, next };
    });
  }

  async create(body: CreateApiKey, idempotencyKey: string = crypto.randomUUID()): Promise<IssuedApiKey> {
    const params = { header: { "Idempotency-Key": idempotencyKey } };
    return dataOf(await this.#http.POST("/v1/api-keys", { body, params }));
  }

  async get(keyId: string): Promise<ApiKey> {
    return dataOf(await this.#http.GET("/v1/api-keys/{keyId}", { params: { path: { keyId } } }));
  }

  /** What is left out stays; null takes the expiry or the limit away. */
  async update(keyId: string, body: UpdateApiKey): Promise<ApiKey> {
    return dataOf(await this.#http.PUT("/v1/api-keys/{keyId}", { params: { path: { keyId } }, body }));
  }

  /** The key opens nothing any more when this returns. This and `enable` may be repeated. */
  async disable(keyId: string): Promise<ApiKey> {
    return dataOf(await this.#http.POST("/v1/api-keys/{keyId}/disable", { params: { path: { keyId } } }));
  }

  async enable(keyId: string): Promise<ApiKey> {
    return dataOf(await this.#http.POST("/v1/api-keys/{keyId}/enable", { params: { path: { keyId } } }));
  }

  /** A new secret; the one before opens for `graceSeconds` longer (at most a day, by default not at all). */
  async roll(
    keyId: string,
    { graceSeconds = 0 }: { graceSeconds?: number } = {},
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<IssuedApiKey> {
    const params = { path: { keyId }, header: { "Idempotency-Key": idempotencyKey } };
    return dataOf(await this.#http.POST("/v1/api-keys/{keyId}/roll", { params, body: { graceSeconds } }));
  }

  /** For good. */
  async delete(keyId: string): Promise<void> {
    checkDone(await this.#http.DELETE("/v1/api-keys/{keyId}", { params: { path: { keyId } } }));
  }
}
