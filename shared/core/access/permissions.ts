/**
 * What can be allowed, and what the roles include. Pure.
 *
 * P1 A permission is `<what>:<what may be done>`; `*` stands for all of a tenant's, never for the platform's.
 * P2 Only the platform's own tenant has principals with `platform:operate`: a tenant's admin is no operator.
 */
export const PERMISSIONS = [
  "assets:read",
  "assets:write",
  "assets:delete",
  "search",
  "jobs:read",
  "jobs:operate",
  "dead-letters:manage",
  "users:read",
  "users:manage",
  "keys:read",
  "keys:manage",
  "limits:read",
  "limits:manage",
  "usage:read",
  "audit:read",
  "audit:export",
  "tenant:read",
  "tenant:manage",
  "account:self",
  "platform:operate",
] as const;

export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ["admin", "user", "guest"] as const;
export type Role = (typeof ROLES)[number];

/** The tenant whose admins operate the platform. */
export const PLATFORM_TENANT = "ten_platform";

const GUEST: readonly Permission[] = ["assets:read", "search", "jobs:read", "tenant:read", "account:self"];
const USER: readonly Permission[] = [...GUEST, "assets:write", "assets:delete", "jobs:operate", "usage:read"];
const ADMIN: readonly Permission[] = PERMISSIONS.filter((each) => each !== "platform:operate");

const OF_ROLE: Readonly<Record<Role, readonly Permission[]>> = { admin: ADMIN, user: USER, guest: GUEST };

/** What a user may: the role's permissions and those granted beside it, in the order of `PERMISSIONS`. */
export function permissionsOf(tenant: string, role: Role, granted: readonly Permission[]): readonly Permission[] {
  const has = new Set<Permission>([...OF_ROLE[role], ...granted.filter((each) => each !== "platform:operate")]);
  if (tenant === PLATFORM_TENANT && role === "admin") has.add("platform:operate");
  return PERMISSIONS.filter((each) => has.has(each));
}

/** Whether a list of permissions, which may have a `*`, includes one. */
export function allows(permissions: readonly string[], wanted: Permission): boolean {
  if (permissions.includes(wanted)) return true;
  return wanted !== "platform:operate" && wanted !== "account:self" && permissions.includes("*");
}
