/** The limit that a tenant has set for one of its keys: counted beside the rules of the installation, never above them. */
import type { Principal } from "../../../shared/contracts/principal.ts";
import type { Applicable } from "../../../shared/core/rate-limit/applicable.ts";

/** None for a user, and for a key without a limit of its own. */
export function limitOfKey({ actor, keyLimit }: Principal): readonly Applicable[] {
  if (actor.kind !== "api-key" || keyLimit === undefined || keyLimit === null) return [];
  const rule = {
    name: "own-limit",
    scope: "key" as const,
    // Its state has no unit that depends on the window: a changed limit goes on with what is counted.
    algorithm: "sliding-window" as const,
    limit: keyLimit.limit,
    windowMs: keyLimit.windowSeconds * 1_000,
    burst: null,
    penalty: null,
    priority: 2,
    enabled: true,
    methods: null,
    routes: null,
    roles: null,
    onFailure: "open" as const,
  };
  return [{ rule, subject: `key:${actor.id}` }];
}
