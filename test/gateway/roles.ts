/**
 * What each role may, written down by hand from `docs/access.md` and the requirements: guests read and search, users also
 * upload, delete and steer jobs, admins have everything of their tenant, and nobody but the platform's admins operates the
 * platform. Taken from no code, so that a permission that slips into a role there is found here.
 */
export const MAY: Readonly<Record<"guest" | "user" | "admin", readonly string[]>> = {
  guest: ["account:self", "assets:read", "jobs:read", "search", "tenant:read"],
  user: [
    "account:self",
    "assets:delete",
    "assets:read",
    "assets:write",
    "jobs:operate",
    "jobs:read",
    "search",
    "tenant:read",
    "usage:read",
  ],
  admin: [
    "account:self",
    "assets:delete",
    "assets:read",
    "assets:write",
    "audit:export",
    "audit:read",
    "dead-letters:manage",
    "jobs:operate",
    "jobs:read",
    "keys:manage",
    "keys:read",
    "limits:manage",
    "limits:read",
    "search",
    "tenant:manage",
    "tenant:read",
    "usage:read",
    "users:manage",
    "users:read",
  ],
};
