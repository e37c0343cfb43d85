import { z } from "zod";
import { QuotaState } from "../../../../shared/contracts/quota.ts";
import { TenantView } from "../../../../shared/contracts/tenant.ts";
import { documentation } from "../../schemas.ts";

const registry = documentation.openAPIRegistry;

export const TenantBody = registry.register("Tenant", TenantView);
export const QuotasBody = z.strictObject({ quotas: z.array(registry.register("Quota", QuotaState)) });

/** Only for the description. */
export const EXAMPLE_TENANT = {
  id: "ten_01M85NKE4DP0RP9DAQ2HN40J9C",
  name: "Harbour Archive",
  status: "active",
  residency: "any",
  members: 12,
  version: 3,
  createdAt: "2026-11-25T09:00:00.000Z",
  updatedAt: "2026-11-25T09:30:00.000Z",
} as const;

export const EXAMPLE_QUOTAS = {
  quotas: [
    { quota: "jobs" as const, limit: 10, used: 2, reserved: 1, period: null },
    { quota: "gpuSeconds" as const, limit: null, used: 640, reserved: 0, period: "2026-11" },
  ],
};
