import { neon, neonConfig, NeonDbError } from "@neondatabase/serverless";
import type { NeonQueryFunction } from "@neondatabase/serverless";
import { IndexUnavailable } from "../../ports/asset-index.ts";

/** A query is one HTTP request; the templates and `query` of it never hold a connection. */
export type Sql = NeonQueryFunction<false, false>;

/** Longer than any query of the index takes, shorter than a consumer may run. */
const REQUEST_TIMEOUT_MS = 15_000;

/**
 * Queries against `databaseUrl`. `neonLocal` (`host:port`) leads them to a local endpoint that speaks Neon's
 * protocol; null leaves them to Neon's own address.
 *
 * The driver has one configuration per isolate, so all connections of an isolate go the same way. Wrap queries in
 * `reachable`, which turns the faults of the way into `IndexUnavailable`.
 */
export function connect(databaseUrl: string, neonLocal: string | null): Sql {
  neonConfig.fetchFunction = (url: string, init: RequestInit): Promise<Response> =>
    fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  if (neonLocal !== null) {
    neonConfig.fetchEndpoint = () => `http://${neonLocal}/sql`;
    neonConfig.wsProxy = () => `${neonLocal}/v2`;
    neonConfig.useSecureWebSocket = false;
  }
  return neon(databaseUrl);
}

/**
 * Classes of SQLSTATE that say "not at the moment" and not "this is wrong": connection, login, transaction rollback,
 * resources, operator intervention, system error (PostgreSQL documentation, appendix A), and a missing database.
 */
const UNAVAILABLE_CLASSES = new Set(["08", "28", "3D", "40", "53", "57", "58"]);

/** The result of `work`; a store that cannot be reached or refuses work becomes `IndexUnavailable`. */
export async function reachable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isUnavailable(error) ? new IndexUnavailable("the database cannot be reached", { cause: error }) : error;
  }
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof NeonDbError)) return false;
  // Without a code the database never answered: the request failed, or a proxy answered with another status.
  return typeof error.code !== "string" || error.code === "" || UNAVAILABLE_CLASSES.has(error.code.slice(0, 2));
}
