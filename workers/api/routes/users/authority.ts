/**
 * Nobody gives more than they have, and nobody rules over who may more than they: `users:manage` alone makes no admin,
 * and takes no admin's account over.
 */
import type { Context } from "hono";
import type { Principal } from "../../../../shared/contracts/principal.ts";
import type { UserView } from "../../../../shared/contracts/user.ts";
import { allows, type Permission, permissionsOf, type Role } from "../../../../shared/core/access/permissions.ts";
import { ok, refuse, type Result } from "../../../../shared/core/result.ts";
import type { ApiDeps, ApiEnv } from "../../deps.ts";
import { problem, refused } from "../../problem.ts";
import type { Whom } from "./membership.ts";

type Rights = { readonly role: Role; readonly permissions: readonly Permission[] };

function beyond(principal: Principal | null, { role, permissions }: Rights): readonly Permission[] {
  const wanted = permissionsOf(principal?.tenant ?? "", role, permissions);
  return wanted.filter((each) => each !== "account:self" && !allows(principal?.permissions ?? [], each));
}

/** The answer to who would give, or rule over, more than they have; null to everybody else. */
export function refuseBeyond(c: Context<ApiEnv>, rights: Rights): Response | null {
  const lacking = beyond(c.var.principal, rights);
  if (lacking.length === 0) return null;
  const extensions = { required_permissions: lacking };
  return problem(c, "forbidden", `This takes every permission that the user has or gets: ${lacking.join(", ")}.`, {
    extensions,
  });
}

/** The user whom the caller is about to change. */
export async function manageable(
  c: Context<ApiEnv>,
  deps: Pick<ApiDeps, "accounts">,
  { tenant, userId }: Whom,
): Promise<Result<UserView, Response>> {
  const found = await deps.accounts(tenant, userId).get();
  if (!found.ok) return refuse(refused(c, found.error));
  if (found.value.status === "deleted") return refuse(problem(c, "not_found", "There is no such user."));
  const refusal = refuseBeyond(c, found.value);
  return refusal === null ? ok(found.value) : refuse(refusal);
}
