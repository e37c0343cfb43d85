import createClient, { type Client } from "openapi-fetch";
import { Account } from "./account.ts";
import { AimaError, errorOf, networkError } from "./aima-error.ts";
import type { Deployment } from "./anonymous.ts";
import { dataOf } from "./answer.ts";
import { ApiKeys } from "./api-keys.ts";
import { Audit } from "./audit.ts";
import { authorised, type Credential, keyCredential } from "./credential.ts";
import { Limits } from "./limits.ts";
import type { components, paths } from "./openapi.gen.ts";
import { RETRY, type RetryPolicy, withRetries } from "./retry.ts";
import type { SearchAnswer, SearchFilter } from "./search.ts";
import { TenantAffairs } from "./tenant.ts";
import { Tenants } from "./tenants.ts";
import { counted, type Progress, type UploadSource } from "./upload.ts";
import { Users } from "./users.ts";

export type Asset = components["schemas"]["Asset"];
export type AssetSaga = components["schemas"]["AssetSaga"];
export type AssetSummary = components["schemas"]["AssetSummary"];
export type Insight = components["schemas"]["Insight"];
export type Job = components["schemas"]["Job"];
export type DeadLetter = components["schemas"]["DeadLetter"];
export type JournalEvent = components["schemas"]["Event"];

/** Who asks: an API key, or a user's session (`sessionCredential`). */
export type ClientOptions = Deployment & ({ readonly apiKey: string } | { readonly session: Credential });

const FINISHED: ReadonlySet<Asset["status"]> = new Set(["analysed", "failed", "quarantined", "deleted"]);
const LONGEST_POLL_SECONDS = 20;

const ASSET_OPERATION = /\/assets\/[^/]+\/(?:restore|saga\/retry|saga\/abandon)$/;
const ACCESS_OPERATION = /\/(?:users\/[^/]+\/(?:suspend|activate|unlock)|api-keys\/[^/]+\/(?:disable|enable))$/;
const JOB_OPERATION = /\/jobs\/[^/]+\/(?:confirm|pause|resume|cancel)$/;

/** Requests that change nothing when they are repeated. */
const repeatable = ({ method, headers, url }: Request): boolean =>
  method !== "POST" ||
  headers.has("idempotency-key") ||
  url.endsWith("/complete") ||
  url.endsWith("/redrive") ||
  url.endsWith("/auth/logout") ||
  ASSET_OPERATION.test(url) ||
  ACCESS_OPERATION.test(url) ||
  JOB_OPERATION.test(url);

/**
 * An AIMA deployment, seen by one tenant. Every method throws `AimaError` for what the API refuses or when it cannot
 * be reached; requests that may be repeated are, after network faults, 429 and 503.
 */
export class AimaClient {
  readonly assets: Assets;
  readonly jobs: Jobs;
  readonly deadLetters: DeadLetters;
  readonly account: Account;
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly audit: Audit;
  readonly limits: Limits;
  readonly tenant: TenantAffairs;
  /** For operators of the platform. */
  readonly tenants: Tenants;
  readonly #http: Client<paths>;

  constructor(options: ClientOptions) {
    const send = options.fetch ?? globalThis.fetch;
    const policy = { ...RETRY, ...options.retry };
    const baseUrl = options.baseUrl.replace(/\/+$/, "");
    const credential = "session" in options ? options.session : keyCredential(options.apiKey);
    const sendOnce = (request: Request, authorization: string): Promise<Response> => {
      const copy = request.clone();
      copy.headers.set("authorization", authorization);
      return send(copy);
    };
    this.#http = createClient<paths>({
      baseUrl,
      fetch: (request) =>
        authorised(credential, (authorization) =>
          repeatable(request)
            ? withRetries(policy, () => sendOnce(request, authorization), request.signal)
            : sendOnce(request, authorization).catch((error: unknown) => Promise.reject(networkError(error))),
        ),
    });
    this.account = new Account(this.#http);
    this.users = new Users(this.#http);
    this.apiKeys = new ApiKeys(this.#http);
    this.audit = new Audit(this.#http);
    this.limits = new Limits(this.#http);
    this.tenant = new TenantAffairs(this.#http);
    this.tenants = new Tenants(this.#http);
    this.jobs = new Jobs(this.#http);
    this.deadLetters = new DeadLetters(this.#http);
    this.assets = new Assets(this.#http, { send, policy, baseUrl, credential });
  }

  /** One page of moments; `cursor` is `next` of the page before. */
  async search(words: string, filter: SearchFilter = {}): Promise<SearchAnswer> {
    return dataOf(await this.#http.GET("/v1/search", { params: { query: { q: words, ...filter } } }));
  }
}

class Jobs {
  readonly #http: Client<paths>;

  constructor(http: Client<paths>) {
    this.#http = http;
  }

  /** The job that analyses an asset: its `jobId`. */
  async get(jobId: string): Promise<Job> {
    return dataOf(await this.#http.GET("/v1/jobs/{jobId}", { params: { path: { jobId } } }));
  }

  /** Events after a number, oldest first. */
  async events(jobId: string, page: { after?: number; limit?: number } = {}): Promise<JournalEvent[]> {
    const params = { path: { jobId }, query: page };
    return dataOf(await this.#http.GET("/v1/jobs/{jobId}/events", { params })).events;
  }

  /** Lets a job go that waits for a word of its owner. This and what follows may be repeated. */
  async confirm(jobId: string): Promise<Job> {
    return dataOf(await this.#http.POST("/v1/jobs/{jobId}/confirm", { params: { path: { jobId } } }));
  }

  /** The attempt under way has 30 s to hand over. */
  async pause(jobId: string): Promise<Job> {
    return dataOf(await this.#http.POST("/v1/jobs/{jobId}/pause", { params: { path: { jobId } } }));
  }

  async resume(jobId: string): Promise<Job> {
    return dataOf(await this.#http.POST("/v1/jobs/{jobId}/resume", { params: { path: { jobId } } }));
  }

  /** The attempt under way has 30 s to hand over; findings reported by then are kept. */
  async cancel(jobId: string): Promise<Job> {
    return dataOf(await this.#http.POST("/v1/jobs/{jobId}/cancel", { params: { path: { jobId } } }));
  }

  /** 0 is served last, 100 first. */
  async setPriority(jobId: string, priority: number): Promise<Job> {
    const params = { path: { jobId } };
    return dataOf(await this.#http.PUT("/v1/jobs/{jobId}/priority", { params, body: { priority } }));
  }
}

/** Messages between the parts of the deployment that could not be acted on. */
class DeadLetters {
  readonly #http: Client<paths>;

  constructor(http: Client<paths>) {
    this.#http = http;
  }

  /** All that pass the filter, newest first, page by page as they are asked for. */
  async *list(
    filter: { queue?: DeadLetter["queue"]; status?: DeadLetter["status"] } = {},
  ): AsyncGenerator<DeadLetter, void> {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = { ...filter, limit: 100, ...(cursor === undefined ? {} : { cursor }) };
      const page = dataOf(await this.#http.GET("/v1/dead-letters", { params: { query } }));
      yield* page.deadLetters;
      cursor = page.next;
    }
  }

  async get(deadLetterId: string): Promise<DeadLetter> {
    const params = { path: { deadLetterId } };
    return dataOf(await this.#http.GET("/v1/dead-letters/{deadLetterId}", { params }));
  }

  /** Sends the message to its queue again; repeating it sends nothing. */
  async redrive(deadLetterId: string): Promise<DeadLetter> {
    const params = { path: { deadLetterId } };
    return dataOf(await this.#http.POST("/v1/dead-letters/{deadLetterId}/redrive", { params }));
  }

  /** Sends the oldest open ones again, at most `limit` (1,000 and by default 100); `remaining` are still open. */
  async redriveAll(
    filter: { queue?: DeadLetter["queue"]; limit?: number } = {},
  ): Promise<{ redriven: number; remaining: number }> {
    const body = { limit: 100, ...filter };
    return dataOf(await this.#http.POST("/v1/dead-letters/redrive", { body }));
  }

  /** Forgets the message. */
  async purge(deadLetterId: string): Promise<void> {
    const params = { path: { deadLetterId } };
    const { error, response } = await this.#http.DELETE("/v1/dead-letters/{deadLetterId}", { params });
    if (!response.ok) throw errorOf(response, error);
  }
}

type Wire = {
  readonly send: typeof globalThis.fetch;
  readonly policy: RetryPolicy;
  readonly baseUrl: string;
  readonly credential: Credential;
};

class Assets {
  readonly #http: Client<paths>;
  readonly #wire: Wire;

  constructor(http: Client<paths>, wire: Wire) {
    this.#http = http;
    this.#wire = wire;
  }

  /** Announces a file; a lost answer is asked for again under the same idempotency key. */
  async create(
    body: components["schemas"]["CreateAsset"],
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<Asset> {
    const params = { header: { "Idempotency-Key": idempotencyKey } };
    const { upload: _where, ...asset } = dataOf(await this.#http.POST("/v1/assets", { body, params }));
    return asset;
  }

  /**
   * Creates an asset and streams its content. An attempt that fails on the way is repeated from the beginning. The
   * analysis starts unless `complete` is false.
   */
  async upload(
    source: UploadSource,
    options: {
      readonly tags?: string[];
      readonly sha256?: string;
      readonly complete?: boolean;
      readonly onProgress?: (progress: Progress) => void;
    } = {},
  ): Promise<Asset> {
    const { tags, sha256, complete = true, onProgress = () => undefined } = options;
    const { id } = await this.create({
      name: source.name,
      ...(source.sizeBytes === undefined ? {} : { sizeBytes: source.sizeBytes }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(tags === undefined ? {} : { tags }),
    });
    const { send, policy, baseUrl, credential } = this.#wire;
    const response = await authorised(credential, (authorization) =>
      withRetries(policy, () => {
        const body = counted(source.open(), source.sizeBytes ?? null, onProgress);
        const headers = { authorization, "content-type": "application/octet-stream" };
        const init = { method: "PUT", headers, body, duplex: "half" } as const;
        return send(`${baseUrl}/v1/assets/${id}/content?complete=${complete}`, init);
      }),
    );
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) {
      const error = errorOf(response, answer);
      // An attempt whose answer was lost has arrived after all: nobody else knows the new asset's id.
      if (error.code === "asset_not_uploading") return this.get(id);
      throw error;
    }
    // SAFETY: what the API describes for this answer.
    return answer as Asset;
  }

  /** Starts the analysis of content that was uploaded without. */
  async complete(assetId: string): Promise<Asset> {
    return dataOf(await this.#http.POST("/v1/assets/{assetId}/complete", { params: { path: { assetId } }, body: {} }));
  }

  /** With `asOfSeq` as it was after the event of that number. */
  async get(assetId: string, when: { asOfSeq?: number } = {}): Promise<Asset> {
    return dataOf(await this.#http.GET("/v1/assets/{assetId}", { params: { path: { assetId }, query: when } }));
  }

  /** All assets that pass the filter, newest first, page by page as they are asked for. */
  async *list(
    filter: { status?: Asset["status"]; mediaType?: "image" | "video" | "audio" | "document" } = {},
  ): AsyncGenerator<AssetSummary, void> {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = { ...filter, limit: 100, ...(cursor === undefined ? {} : { cursor }) };
      const page = dataOf(await this.#http.GET("/v1/assets", { params: { query } }));
      yield* page.assets;
      cursor = page.next;
    }
  }

  /**
   * Hides the asset at once; it can be restored for the retention, unless `purge` removes it now. An asset that is
   * deleted already is `not_found`, and can still be purged.
   */
  async delete(assetId: string, { purge = false }: { purge?: boolean } = {}): Promise<void> {
    const params = { path: { assetId }, ...(purge ? { query: { purge: "true" as const } } : {}) };
    const { error, response } = await this.#http.DELETE("/v1/assets/{assetId}", { params });
    if (!response.ok) throw errorOf(response, error);
  }

  /** Brings back a deleted asset as it was; after the retention it is `asset_purged`. May be repeated. */
  async restore(assetId: string): Promise<Asset> {
    return dataOf(await this.#http.POST("/v1/assets/{assetId}/restore", { params: { path: { assetId } } }));
  }

  /**
   * Analyses a finished asset again: one step and what depends on it, or everything. A lost answer is asked for again
   * under the same idempotency key.
   */
  async rerun(
    assetId: string,
    body: { fromStep?: string } = {},
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<Asset> {
    const params = { path: { assetId }, header: { "Idempotency-Key": idempotencyKey } };
    return dataOf(await this.#http.POST("/v1/assets/{assetId}/rerun", { params, body }));
  }

  /** How the closing or purging of an asset stands; of a deleted one too. */
  async saga(assetId: string): Promise<AssetSaga> {
    return dataOf(await this.#http.GET("/v1/assets/{assetId}/saga", { params: { path: { assetId } } }));
  }

  /** Goes on with a saga that is stuck. May be repeated. */
  async retrySaga(assetId: string): Promise<AssetSaga> {
    return dataOf(await this.#http.POST("/v1/assets/{assetId}/saga/retry", { params: { path: { assetId } } }));
  }

  /** Leaves a saga that is stuck as it is, for good. May be repeated. */
  async abandonSaga(assetId: string): Promise<AssetSaga> {
    return dataOf(await this.#http.POST("/v1/assets/{assetId}/saga/abandon", { params: { path: { assetId } } }));
  }

  /** Events after a number; with `waitSeconds` (up to 20) the call waits for some. */
  async events(
    assetId: string,
    page: { after?: number; limit?: number; waitSeconds?: number } = {},
  ): Promise<{ events: JournalEvent[]; after: number }> {
    const params = { path: { assetId }, query: page };
    return dataOf(await this.#http.GET("/v1/assets/{assetId}/events", { params }));
  }

  /** Everything that was found, page by page as it is asked for. */
  async *insights(assetId: string, filter: { kind?: string } = {}): AsyncGenerator<Insight, void> {
    for (let after: string | null | undefined; after !== null;) {
      const query = { ...filter, limit: 500, ...(after === undefined ? {} : { after }) };
      const params = { path: { assetId }, query };
      const page = dataOf(await this.#http.GET("/v1/assets/{assetId}/insights", { params }));
      yield* page.insights;
      after = page.next;
    }
  }

  /** The content as a stream; `range` as in the header, such as `bytes=0-1023`. */
  async download(assetId: string, range?: string): Promise<ReadableStream<Uint8Array>> {
    return this.#bytes(`/v1/assets/${encodeURIComponent(assetId)}/content`, range);
  }

  /** An artifact (thumbnail, storyboard, waveform) as a stream. */
  async artifact(assetId: string, name: string): Promise<ReadableStream<Uint8Array>> {
    return this.#bytes(`/v1/assets/${encodeURIComponent(assetId)}/artifacts/${encodeURIComponent(name)}`);
  }

  async #bytes(path: string, range?: string): Promise<ReadableStream<Uint8Array>> {
    const { send, policy, baseUrl, credential } = this.#wire;
    const response = await authorised(credential, (authorization) => {
      const headers = { authorization, ...(range === undefined ? {} : { range }) };
      return withRetries(policy, () => send(`${baseUrl}${path}`, { headers }));
    });
    if (!response.ok) throw errorOf(response, await response.json().catch(() => null));
    return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
  }

  /**
   * The asset once its analysis has ended (`analysed`, `failed`, `quarantined`). `onChange` sees it after every batch
   * of events. Throws `AimaError` with code `timeout` after `timeoutMs` (default: an hour).
   */
  async waitUntilFinished(
    assetId: string,
    options: { readonly timeoutMs?: number; readonly onChange?: (asset: Asset) => void } = {},
  ): Promise<Asset> {
    const { timeoutMs = 3_600_000, onChange = () => undefined } = options;
    const endMs = Date.now() + timeoutMs;
    for (;;) {
      const asset = await this.get(assetId);
      onChange(asset);
      if (FINISHED.has(asset.status)) return asset;
      const leftSeconds = (endMs - Date.now()) / 1000;
      if (leftSeconds <= 0) {
        const detail = `The asset is still ${asset.status} after ${timeoutMs} ms.`;
        throw new AimaError({ status: 0, code: "timeout", detail, fix: "Wait longer.", requestId: null });
      }
      await this.events(assetId, {
        after: asset.seq,
        limit: 1,
        waitSeconds: Math.min(LONGEST_POLL_SECONDS, leftSeconds),
      });
    }
  }
}
