/** What a user account refuses, in words that tell nothing about whether there is such an account. */
import { refuse } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";

export const noAccount = refuse<Refusal>({ code: "not_found", detail: "There is no such user." });
export const keyIsTaken = refuse<Refusal>({
  code: "idempotency_conflict",
  detail: "The key was used with another request.",
});
export const noSession = refuse<Refusal>({ code: "not_found", detail: "There is no such session." });
export const invalidCredentials = refuse<Refusal>({
  code: "invalid_credentials",
  detail: "The name, the password or the code is wrong.",
});
export const locked = refuse<Refusal>({
  code: "account_locked",
  detail: "Too many failed logins: the account takes none for up to 30 minutes.",
});
export const totpRequired = refuse<Refusal>({
  code: "totp_required",
  detail: "Send the code of the authenticator, or a recovery code.",
});
export const notActive = refuse<Refusal>({ code: "account_not_active", detail: "The account is not active." });
export const logInAgain = refuse<Refusal>({
  code: "reauthentication_required",
  detail:
    "The account has no password to ask for: log in through the identity provider again, and ask within ten minutes.",
});
export const invalidToken = refuse<Refusal>({ code: "invalid_token", detail: "The token is not valid." });
export const notEnrolled = refuse<Refusal>({
  code: "totp_not_enrolled",
  detail: "There is no second factor, or none that waits for its confirmation.",
});
export const anotherVersion = refuse<Refusal>({
  code: "precondition_failed",
  detail: "The user has been changed since.",
});
