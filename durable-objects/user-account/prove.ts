/** For changes that a session alone must not make: whether it is the user who asks, and not who found their session. */
import type { Proof } from "../../shared/contracts/account.ts";
import { ok, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { Account } from "./account.ts";
import { askPassword } from "./passwords.ts";
import { logInAgain } from "./refusals.ts";
import type { Stores } from "./stores.ts";

/** How long ago somebody without a password may have logged in, to be taken at their provider's word. */
const FRESH_MS = 10 * 60_000;

/** The password; where there is none, a session that the identity provider has just opened. A wrong password counts. */
export function prove(
  stores: Stores,
  account: Account,
  { password, sessionId }: Proof,
  nowMs: number,
): Result<Account, Refusal> {
  if (stores.secrets.get("password") !== null) return askPassword(stores, account, password ?? "", nowMs);
  const session = stores.sessions.get(sessionId, nowMs);
  return session !== null && nowMs - session.createdAtMs < FRESH_MS ? ok(account) : logInAgain;
}
