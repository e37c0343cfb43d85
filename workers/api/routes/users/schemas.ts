import { z } from "zod";
import { MemberStatus, RoleName } from "../../../../shared/contracts/tenant.ts";
import { UserId } from "../../../../shared/contracts/user.ts";
import { documentation } from "../../schemas.ts";

export const UserParams = z.strictObject({ userId: UserId });

/** `pending`: registered, the address is not proven. `inactive`: suspended. */
export const ListedStatus = MemberStatus.exclude(["reserved"]);

export const ListedUserBody = documentation.openAPIRegistry.register(
  "ListedUser",
  z.strictObject({
    id: UserId,
    email: z.string(),
    username: z.string().nullable(),
    role: RoleName,
    status: ListedStatus,
  }),
);
