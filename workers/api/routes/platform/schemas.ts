import { z } from "zod";
import { TenantId } from "../../../../shared/contracts/asset.ts";
import { QuotaChange } from "../../../../shared/contracts/quota.ts";
import { documentation } from "../../schemas.ts";

export const TenantParams = z.strictObject({ tenantId: TenantId });
export const QuotaChangeBody = documentation.openAPIRegistry.register("QuotaChange", QuotaChange);
