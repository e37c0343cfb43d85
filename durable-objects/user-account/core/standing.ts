/** Which steps a user's status takes. Pure; null where there is no such step. */
import type { UserStatus } from "../../../shared/contracts/user.ts";

export type Standing = {
  readonly status: UserStatus;
  /** What a suspended user was before, and becomes again. */
  readonly before: Exclude<UserStatus, "suspended" | "deleted"> | null;
};

const is = (status: Exclude<UserStatus, "suspended" | "deleted">): Standing => ({ status, before: null });

/** The address is proven: by a token that was mailed to it, or by an identity provider. */
export function proven({ status }: Standing): Standing | null {
  return status === "invited" || status === "unverified" || status === "active" ? is("active") : null;
}

export function suspended(standing: Standing): Standing {
  const { status } = standing;
  return status === "suspended" || status === "deleted" ? standing : { status: "suspended", before: status };
}

/** An administrator lets a suspended user back in, or answers for the address of an unverified one. */
export function activated(standing: Standing): Standing {
  if (standing.status === "suspended") return is(standing.before ?? "active");
  return standing.status === "unverified" ? is("active") : standing;
}
