/** What a mailed token is good for. A password that the policy refuses does not spend the token. */
import type { MailedPurpose } from "../../shared/core/identity/secret-token.ts";
import { ok, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { Account } from "./account.ts";
import { proven } from "./core/standing.ts";
import { accepted, setPassword } from "./passwords.ts";
import { invalidToken } from "./refusals.ts";
import type { Stores } from "./stores.ts";

/** In which status a token of this purpose is taken. */
const TAKEN: Readonly<Record<MailedPurpose, readonly Account["status"][]>> = {
  invite: ["invited"],
  verify: ["unverified", "active"],
  reset: ["unverified", "active"],
};

export type Redemption =
  | { readonly purpose: "verify"; readonly secret: string }
  | { readonly purpose: "invite" | "reset"; readonly secret: string; readonly password: string };

/** The token came to the address, so the address is proven, and the user active. A reset ends all sessions and a lock. */
export function redeem(
  stores: Stores,
  account: Account | null,
  redemption: Redemption,
  nowMs: number,
): Result<Account, Refusal> {
  const { purpose, secret } = redemption;
  if (account === null || !stores.mailedTokens.fits(purpose, secret, nowMs)) return invalidToken;
  const standing = TAKEN[purpose].includes(account.status) ? proven(account) : null;
  if (standing === null) return invalidToken;
  let change: Partial<Account> = { ...standing, emailVerified: true };
  if (redemption.purpose !== "verify") {
    const policy = accepted(redemption.password, account);
    if (!policy.ok) return policy;
    setPassword(stores, redemption.password);
    change = { ...change, passwordChangedAtMs: nowMs };
  }
  stores.mailedTokens.drop(purpose);
  if (purpose === "reset") {
    stores.sessions.endAll(null);
    stores.lockout.clear();
    stores.mails.add({ kind: "password-changed", to: account.email, token: null }, nowMs);
  }
  return ok(stores.accounts.change(account, change, nowMs));
}
