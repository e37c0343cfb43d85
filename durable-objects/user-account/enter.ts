/** How an account comes to be. */
import type { NewAccount } from "../../shared/contracts/account.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { Account } from "./account.ts";
import { mailToken } from "./mail-token.ts";
import { accepted, setPassword } from "./passwords.ts";
import type { Stores } from "./stores.ts";

const STATUS = { invited: "invited", registered: "unverified", founded: "active", external: "active" } as const;

/** Creating the same user again changes nothing: a caller may have lost the answer. */
export function createAccount(stores: Stores, wanted: NewAccount, nowMs: number): Result<Account, Refusal> {
  const known = stores.accounts.get();
  if (known !== null) {
    if (known.status !== "deleted" && known.email === wanted.email) return ok(known);
    return refuse({ code: "idempotency_conflict", detail: "There is another user with this id." });
  }
  if ("password" in wanted) {
    const policy = accepted(wanted.password, wanted);
    if (!policy.ok) return policy;
    setPassword(stores, wanted.password);
  }
  const { tenant, userId, email, username, fullName, role, permissions, kind } = wanted;
  const created = {
    tenant,
    userId,
    email,
    username,
    fullName,
    role,
    permissions: [...permissions],
    emailVerified: STATUS[kind] === "active",
    status: STATUS[kind],
    before: null,
    passwordChangedAtMs: "password" in wanted ? nowMs : null,
    lastLogInAtMs: null,
    logIns: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    version: 1,
    seq: 0,
  };
  const account = stores.accounts.save(created, nowMs);
  if (kind === "invited") mailToken(stores, account, "invite", nowMs);
  if (kind === "registered") mailToken(stores, account, "verify", nowMs);
  return ok(account);
}
