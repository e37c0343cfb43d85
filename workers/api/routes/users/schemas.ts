import { z } from "zod";
import { ListedUser, UserId } from "../../../../shared/contracts/user.ts";
import { documentation } from "../../schemas.ts";

export const UserParams = z.strictObject({ userId: UserId });

export const ListedUserBody = documentation.openAPIRegistry.register("ListedUser", ListedUser);
