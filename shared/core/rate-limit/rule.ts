/** A rule: who is counted, how, and for which requests. Rules are data, checked once when the settings are read. */
import { z } from "zod";
import { ROLES } from "../access/permissions.ts";

export const SCOPES = ["global", "tenant", "user", "address", "key", "route"] as const;
export const ALGORITHMS = ["token-bucket", "sliding-window", "fixed-window"] as const;

const MAX_WINDOW_MS = 31 * 86_400_000;
/** Token buckets count in units of 1/windowMs of a token: their product has to stay an exact integer. */
const MAX_UNITS = 2 ** 52;

const Name = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
export const Amount = z.int().min(1).max(1_000_000_000);

/** A refusal blocks for `durationMs` × `multiplier` ^ (refusals before it). */
export const PenaltyRule = z.strictObject({
  durationMs: z.int().min(1_000).max(86_400_000),
  multiplier: z.number().min(1).max(10).default(1),
});

const shape = {
  name: Name,
  algorithm: z.enum(ALGORITHMS),
  /** Units per window. A token bucket refills at this pace. */
  limit: Amount,
  windowMs: z.int().min(1).max(MAX_WINDOW_MS),
  /** What a token bucket holds at most; null for `limit`. The windows have no burst of their own. */
  burst: Amount.nullable().default(null),
  penalty: PenaltyRule.nullable().default(null),
  scope: z.enum(SCOPES),
  /** Reported first among equals, higher first. */
  priority: z.int().min(0).max(1_000).default(0),
  enabled: z.boolean().default(true),
  /** Null for every method. */
  methods: z
    .array(z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]))
    .min(1)
    .nullable()
    .default(null),
  /** Patterns of routes as the API describes them (`/v1/assets/{assetId}`); null for every route. */
  routes: z.array(z.string().startsWith("/")).min(1).nullable().default(null),
  /** Roles of signed-in users; an API key has none. Null for everybody. */
  roles: z.array(z.enum(ROLES)).min(1).nullable().default(null),
  /** What happens to a request when the limiter does not answer. */
  onFailure: z.enum(["open", "closed"]).default("open"),
};

export const LimitRule = z
  .strictObject(shape)
  .refine((rule) => Math.max(rule.limit, rule.burst ?? 0) * rule.windowMs <= MAX_UNITS, {
    message: "limit × windowMs is too large to be counted exactly",
    path: ["limit"],
  })
  .refine((rule) => rule.burst === null || rule.algorithm === "token-bucket", {
    message: "only a token bucket has a burst",
    path: ["burst"],
  });
export type LimitRule = z.output<typeof LimitRule>;

/** What counting needs of a rule. */
export type LimitPolicy = Pick<LimitRule, "name" | "algorithm" | "limit" | "windowMs" | "burst" | "penalty">;
export type PenaltyPolicy = NonNullable<LimitPolicy["penalty"]>;
