/** Getting in: with a password, through an identity provider, and staying in with a refresh token. */
import type { ExternalLogIn, OpenSession, Origin, PasswordLogIn } from "../../shared/contracts/account.ts";
import { permissionsOf } from "../../shared/core/access/permissions.ts";
import { formatMailedToken, formatRefreshToken } from "../../shared/core/identity/secret-token.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { Account } from "./account.ts";
import { rotate } from "./core/rotation.ts";
import { isTooOld } from "./core/password-age.ts";
import { proven } from "./core/standing.ts";
import { askPassword } from "./passwords.ts";
import type { Policy } from "./policy.ts";
import { generationOf, refreshSecret } from "./refresh-secret.ts";
import { invalidCredentials, invalidToken, notActive } from "./refusals.ts";
import { askSecondFactor } from "./second-factor.ts";
import type { Session } from "./sessions.ts";
import type { Stores } from "./stores.ts";

/**
 * Lock, password, standing, second factor, age of the password, in this order: what a wrong password learns is the same for
 * every account. A password that is too old opens nothing but its own change.
 */
export function logIn(
  stores: Stores,
  found: Account | null,
  credentials: PasswordLogIn,
  { policy, nowMs }: { readonly policy: Policy; readonly nowMs: number },
): Result<OpenSession, Refusal> {
  const asked = askPassword(stores, found, credentials.password, nowMs);
  if (!asked.ok) return asked;
  const account = asked.value;
  if (account.status !== "active") return notActive;
  const second = askSecondFactor(stores, account, credentials, nowMs);
  if (!second.ok) return second;
  stores.lockout.clear();
  const changedAtMs = account.passwordChangedAtMs ?? account.createdAtMs;
  if (isTooOld(changedAtMs, policy.passwordMaxAgeMs, nowMs)) return passwordExpired(stores, account, nowMs);
  return ok(openFor(stores, account, { ...credentials, method: "password" }, nowMs));
}

/**
 * The first login of a person links them, when the provider has proven the address of the account. A password that was
 * chosen before anybody proved the address may be a stranger's: it is void from then on, and so is all else that let them in.
 */
export function logInExternally(
  stores: Stores,
  found: Account | null,
  login: ExternalLogIn,
  nowMs: number,
): Result<OpenSession, Refusal> {
  if (found === null) return invalidCredentials;
  const linked = stores.identities.subjectAt(login.provider);
  if (linked !== null && linked !== login.subject) return invalidCredentials;
  if (linked === null && login.verifiedEmail !== found.email) return invalidCredentials;
  const standing = linked === null ? proven(found) : found;
  if (standing?.status !== "active") return notActive;
  let account = found;
  if (linked === null) {
    stores.identities.link(login.provider, login.subject);
    if (!found.emailVerified) {
      stores.secrets.removeAll();
      stores.sessions.endAll(null, nowMs);
    }
    stores.mailedTokens.dropAll();
    account = stores.accounts.change(found, { ...standing, emailVerified: true }, nowMs);
  }
  return ok(openFor(stores, account, { ...login, method: login.provider }, nowMs));
}

/** Refused alike for every reason; a token that was used before ends its session. */
export function refresh(
  stores: Stores,
  account: Account | null,
  { sessionId, secret }: { readonly sessionId: string; readonly secret: string },
  nowMs: number,
): Result<OpenSession, Refusal> {
  if (account?.status !== "active") return invalidToken;
  const session = stores.sessions.get(sessionId, nowMs);
  const generation = session === null ? null : generationOf(stores.keys, session, secret);
  if (session === null || generation === null) return invalidToken;
  const rotation = rotate(session, generation, nowMs);
  if (rotation.kind === "end") {
    stores.sessions.end(sessionId, nowMs);
    return invalidToken;
  }
  if (rotation.kind === "next") stores.sessions.keep(sessionId, rotation.family);
  return ok(opened(stores, account, { ...session, ...rotation.family }));
}

/** With the token that sets another password, once. It replaces one that an earlier login was given. */
function passwordExpired(stores: Stores, { tenant, userId }: Account, nowMs: number): Result<never, Refusal> {
  const purpose = "expired";
  const { secret, expiresAtMs } = stores.mailedTokens.issue(purpose, nowMs);
  return refuse({
    code: "password_expired",
    detail: "The password is too old. The token sets another one.",
    members: {
      changeToken: formatMailedToken({ purpose, tenant, userId, secret }),
      changeTokenExpiresAt: new Date(expiresAtMs).toISOString(),
    },
  });
}

function openFor(
  stores: Stores,
  account: Account,
  how: { readonly method: string; readonly remember: boolean } & Origin,
  nowMs: number,
): OpenSession {
  // No version: a login is no change of the user.
  const entered = stores.accounts.save({ ...account, lastLogInAtMs: nowMs, logIns: account.logIns + 1 }, nowMs);
  return opened(stores, entered, stores.sessions.open(how, nowMs));
}

function opened({ keys }: Stores, { tenant, userId, role, permissions }: Account, session: Session): OpenSession {
  const { sessionId, expiresAtMs } = session;
  const secret = refreshSecret(keys, session);
  const refreshToken = formatRefreshToken({ tenant, userId, sessionId, secret });
  const allowed = permissionsOf(tenant, role, permissions);
  return { tenant, userId, sessionId, role, permissions: allowed, refreshToken, expiresAtMs };
}
