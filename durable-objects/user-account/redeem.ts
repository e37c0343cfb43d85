/** What a token that is good once is good for. A password that is not accepted does not spend the token. */
import type { TokenPurpose } from "../../shared/core/identity/secret-token.ts";
import { ok, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { Account } from "./account.ts";
import { proven } from "./core/standing.ts";
import { accepted, anotherThanNow, mayHavePassword, setPassword } from "./passwords.ts";
import type { Policy } from "./policy.ts";
import { invalidToken } from "./refusals.ts";
import type { Stores } from "./stores.ts";

/** In which status a token of this purpose is taken. */
const TAKEN: Readonly<Record<TokenPurpose, readonly Account["status"][]>> = {
  invite: ["invited"],
  verify: ["unverified", "active"],
  reset: ["unverified", "active"],
  expired: ["active"],
};

export type Redemption =
  | { readonly purpose: "verify"; readonly secret: string }
  | { readonly purpose: "invite" | "reset" | "expired"; readonly secret: string; readonly password: string };

/**
 * A token that came by mail proves the address, and the user is active; one for a password that was too old proves nothing
 * more. A password in the place of another ends all sessions, and a reset a lock too.
 */
export function redeem(
  stores: Stores,
  account: Account | null,
  redemption: Redemption,
  { policy, nowMs }: { readonly policy: Policy; readonly nowMs: number },
): Result<Account, Refusal> {
  const { purpose, secret } = redemption;
  if (account === null || !stores.mailedTokens.fits(purpose, secret, nowMs)) return invalidToken;
  const standing = TAKEN[purpose].includes(account.status) ? proven(account) : null;
  if (standing === null || (purpose === "reset" && !mayHavePassword(stores, policy))) return invalidToken;
  let change: Partial<Account> = purpose === "expired" ? {} : { ...standing, emailVerified: true };
  if (redemption.purpose !== "verify") {
    const { password } = redemption;
    const chosen = accepted(password, account);
    if (!chosen.ok) return chosen;
    const another = anotherThanNow(stores, password);
    if (!another.ok) return another;
    setPassword(stores, password);
    change = { ...change, passwordChangedAtMs: nowMs };
  }
  stores.mailedTokens.drop(purpose);
  if (purpose === "reset") stores.lockout.clear();
  if (purpose === "reset" || purpose === "expired") {
    stores.sessions.endAll(null, nowMs);
    stores.mailedTokens.drop("reset", "expired");
    stores.mails.add({ kind: "password-changed", to: account.email, token: null }, nowMs);
  }
  return ok(stores.accounts.change(account, change, nowMs));
}
