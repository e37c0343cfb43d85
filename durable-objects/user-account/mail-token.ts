import { formatMailedToken, type MailedPurpose } from "../../shared/core/identity/secret-token.ts";
import type { Account } from "./account.ts";
import type { Stores } from "./stores.ts";

/** Mails a new token of that purpose to the user's address; an older one is worthless from then on. */
export function mailToken(stores: Stores, account: Account, purpose: MailedPurpose, nowMs: number): void {
  const { tenant, userId, email } = account;
  const { secret, expiresAtMs } = stores.mailedTokens.issue(purpose, nowMs);
  const token = formatMailedToken({ purpose, tenant, userId, secret });
  stores.mails.add({ kind: purpose, to: email, token }, nowMs, expiresAtMs);
}
