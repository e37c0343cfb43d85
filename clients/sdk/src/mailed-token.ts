/**
 * What a mail leads to: its token is good once, so none of these is sent twice by itself. Each throws `AimaError`:
 * `invalid_token` for one that is not good any more, `weak_password` for a password that is not accepted.
 */
import type { User } from "./account.ts";
import { anonymous, type Deployment } from "./anonymous.ts";
import { checkDone, dataOf } from "./answer.ts";

type TokenAndPassword = { readonly token: string; readonly password: string };

/** Sets the password of an invited user, who is active then. */
export async function acceptInvitation(deployment: Deployment, body: TokenAndPassword): Promise<User> {
  return dataOf(await anonymous(deployment, false).POST("/v1/auth/accept-invitation", { body }));
}

/** Proves the address of somebody who has registered, who is active then. */
export async function verifyEmail(deployment: Deployment, token: string): Promise<User> {
  return dataOf(await anonymous(deployment, false).POST("/v1/auth/verify-email", { body: { token } }));
}

/** Sets a new password and ends all sessions. */
export async function resetPassword(deployment: Deployment, body: TokenAndPassword): Promise<void> {
  checkDone(await anonymous(deployment, false).POST("/v1/auth/reset-password", { body }));
}

/** Mails a token for `resetPassword`, where there is such an account; nothing tells whether there is. */
export async function requestPasswordReset(
  deployment: Deployment,
  body: { readonly tenant: string; readonly email: string },
): Promise<void> {
  checkDone(await anonymous(deployment, false).POST("/v1/auth/request-password-reset", { body }));
}
