/** Requests of somebody who has no credential yet. */
import createClient from "openapi-fetch";
import type { Http } from "./answer.ts";
import type { paths } from "./openapi.gen.ts";
import { RETRY, type RetryPolicy, withRetries } from "./retry.ts";

/** Where the API is, without who asks. */
export type Deployment = {
  /** Such as `https://media.example.com`. */
  readonly baseUrl: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly retry?: Partial<RetryPolicy>;
};

/** With `again`, what may be sent again is; without, each request is sent once. */
export function anonymous({ baseUrl, fetch, retry }: Deployment, again: boolean): Http {
  const send = fetch ?? globalThis.fetch;
  const policy = { ...RETRY, ...retry, ...(again ? {} : { maximumAttempts: 1 }) };
  return createClient<paths>({
    baseUrl: baseUrl.replace(/\/+$/, ""),
    fetch: (request) => withRetries(policy, () => send(request.clone()), request.signal),
  });
}
