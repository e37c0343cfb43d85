/** Who calls. An API key or a signed-in user of one tenant; every answer is about that tenant only. */
import type { Permission, Role } from "../core/access/permissions.ts";
import type { KeyLimit } from "./api-key.ts";

export type Actor =
  | { readonly kind: "api-key"; readonly id: string }
  | { readonly kind: "user"; readonly id: string; readonly sessionId: string; readonly role: Role };

export type Principal = {
  readonly tenant: string;
  readonly actor: Actor;
  /** `*` includes every permission of the tenant. */
  readonly permissions: readonly (Permission | "*")[];
  /** What the tenant lets this key ask, within the limits of the installation. */
  readonly keyLimit?: KeyLimit | null;
};

/**
 * That a principal is valid, for some time: an edge may believe it for `leaseMs` from the moment *before it asked*. The
 * object that gave it answers a revocation only when every lease it has given is over, so that what is revoked is
 * refused everywhere from that answer on, without a question per request.
 */
export type Leased<T> = { readonly value: T; readonly leaseMs: number };

/** How long an answer about a principal may be believed. A revocation takes at most this long to answer. */
export const PRINCIPAL_LEASE_MS = 2_000;
