/** The tenant as the API shows it. */
import type { TenantView } from "../../shared/contracts/tenant.ts";
import { residencyOf } from "../../shared/core/residency.ts";
import type { Profile } from "./profile.ts";

export const viewOfTenant = (profile: Profile, members: number): TenantView => ({
  id: profile.tenant,
  name: profile.name,
  status: profile.status,
  residency: residencyOf(profile.tenant),
  members,
  version: profile.version,
  createdAt: new Date(profile.createdAtMs).toISOString(),
  updatedAt: new Date(profile.updatedAtMs).toISOString(),
});
