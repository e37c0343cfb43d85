/**
 * What the platform asks, in US dollars, beyond what the paid plan includes. Taken from Cloudflare's public pages as
 * stored in 2026; the currency of a bill is the account's own contract.
 */
export type Price = { readonly name: string; readonly perMillion: number; readonly source: string };

export const PRICES = {
  workerRequest: {
    name: "Worker requests",
    perMillion: 0.3,
    source: "developers.cloudflare.com/workers/platform/pricing",
  },
  objectRequest: {
    name: "object requests (calls and alarm runs)",
    perMillion: 0.15,
    source: "developers.cloudflare.com/durable-objects/platform/pricing",
  },
  rowRead: {
    name: "rows read",
    perMillion: 0.001,
    source: "developers.cloudflare.com/durable-objects/platform/pricing",
  },
  rowWritten: {
    name: "rows written (each alarm set is one)",
    perMillion: 1,
    source: "developers.cloudflare.com/durable-objects/platform/pricing",
  },
  /** A message is written, read and deleted: three, up to 64 KB. */
  queueOperation: {
    name: "queue operations (3 a message)",
    perMillion: 0.4,
    source: "developers.cloudflare.com/queues/platform/pricing",
  },
  bucketWrite: { name: "R2 class A operations", perMillion: 4.5, source: "developers.cloudflare.com/r2/pricing" },
  bucketRead: { name: "R2 class B operations", perMillion: 0.36, source: "developers.cloudflare.com/r2/pricing" },
} as const satisfies Record<string, Price>;

/** 128 MB for as long as an object is in memory, $12.50 per million GB-s (the pricing page of Durable Objects). */
export const DOLLARS_PER_OBJECT_HOUR = 0.128 * 3600 * (12.5 / 1_000_000);
