/** API keys as their owner sees them: everything but the secret, which is shown once. */
import { z } from "zod";
import { PERMISSIONS } from "../core/access/permissions.ts";
import type { Refusable } from "./objects.ts";
import type { Once, Repeatable } from "./once.ts";

export const ApiKeyId = z.string().regex(/^key_[0-9A-Z]{26}$/);

/** What a key may be given: `*` for all of a tenant's; never the platform's, nor an account's own affairs. */
export const KeyPermission = z.enum([
  "*",
  ...PERMISSIONS.filter((each) => each !== "platform:operate" && each !== "account:self"),
]);
export type KeyPermission = z.infer<typeof KeyPermission>;

/** At most `limit` requests in any `windowSeconds`, beside the limits of the installation. */
export const KeyLimit = z.strictObject({
  limit: z.int().min(1).max(1_000_000_000),
  windowSeconds: z.int().min(1).max(86_400),
});
export type KeyLimit = z.infer<typeof KeyLimit>;

const instant = z.iso.datetime({ offset: true });

export const ApiKeyView = z.strictObject({
  id: ApiKeyId,
  name: z.string().min(1).max(200),
  permissions: z.array(KeyPermission),
  status: z.enum(["enabled", "disabled", "expired"]),
  /** The last four characters of the whole key. */
  ending: z.string().nullable(),
  limit: KeyLimit.nullable(),
  /** Who made it: a user or another key; null for the bootstrap. */
  createdBy: z.string().nullable(),
  /**
   * The user behind the key: its maker, or who is behind the key that made it. It never may more than they may now, and opens
   * nothing when they do not get in. Null for keys that come from the bootstrap: nobody is behind them.
   */
  owner: z
    .string()
    .nullable()
    .describe("The user who made it, or who is behind the key that made it; it never may more than they may now"),
  createdAt: instant,
  updatedAt: instant,
  expiresAt: instant.nullable(),
  /** The secret before the last roll opens until then. */
  graceUntil: instant.nullable(),
  /** Within a minute. */
  lastUsedAt: instant.nullable(),
  /** The number in the `ETag`. */
  version: z.int().min(1),
});
export type ApiKeyView = z.infer<typeof ApiKeyView>;

const Name = z.string().trim().min(1).max(200);
const Permissions = z.array(KeyPermission).min(1).max(40);

export const CreateApiKey = z.strictObject({
  name: Name,
  permissions: Permissions,
  expiresAt: instant.optional(),
  limit: KeyLimit.optional(),
});
export type CreateApiKey = z.infer<typeof CreateApiKey>;

/** What is left out stays; null takes the expiry or the limit away. */
export const UpdateApiKey = z.strictObject({
  name: Name.optional(),
  permissions: Permissions.optional(),
  expiresAt: instant.nullable().optional(),
  limit: KeyLimit.nullable().optional(),
});
export type UpdateApiKey = z.infer<typeof UpdateApiKey>;

/** Longest time for which the old secret of a rolled key still opens: 24 h. */
export const ROLL_GRACE_MAX_SECONDS = 86_400;

export const RollApiKey = z.strictObject({ graceSeconds: z.int().min(0).max(ROLL_GRACE_MAX_SECONDS).default(0) });

/** Who asks, a user or a key, and what they may: a key gets no permission its maker lacks. */
export type KeyMaker = { readonly id: string; readonly permissions: readonly string[] };

/** A key that was just made or rolled; `secret` is the whole key, shown this once. */
export type IssuedApiKey = { readonly key: ApiKeyView; readonly secret: string };

/**
 * `ifVersion` is the version the caller has seen; null for any. Refusals: `not_found`, `forbidden` (a permission the maker
 * lacks), `precondition_failed`, `invalid_request`, `idempotency_conflict`, and `secret_shown` for a repetition of a request
 * whose reply held a secret: it was shown once, and is not kept.
 */
export interface ApiKeyRpc {
  createKey(body: CreateApiKey, maker: KeyMaker, once: Once | null): Repeatable<IssuedApiKey>;
  /** Newest first; `after` is the last id of the page before. */
  listKeys(page: { after: string | null; limit: number }): Promise<ApiKeyView[]>;
  getKey(keyId: string): Refusable<ApiKeyView>;
  updateKey(keyId: string, change: UpdateApiKey, maker: KeyMaker, ifVersion: number | null): Refusable<ApiKeyView>;
  /** Answers when nobody believes in the key any more. */
  disableKey(keyId: string, once?: Once | null): Repeatable<ApiKeyView>;
  enableKey(keyId: string, once?: Once | null): Repeatable<ApiKeyView>;
  /** Shows a secret: `forbidden` to a maker who lacks a permission of the key. */
  rollKey(keyId: string, graceSeconds: number, maker: KeyMaker, once: Once | null): Repeatable<IssuedApiKey>;
  /** Answers when nobody believes in the key any more. */
  deleteKey(keyId: string): Refusable<null>;
}
