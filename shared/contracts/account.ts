/**
 * What is asked of a `UserAccount` object: the one authority on a user's password, second factor, sessions and standing.
 * Addressed by `tenant/user`. Secrets cross this interface in clear and are kept as hashes, or sealed.
 */
import type { Permission, Role } from "../core/access/permissions.ts";
import type { Refusable } from "./objects.ts";
import type { Once, Repeatable } from "./once.ts";
import type { Leased, Principal } from "./principal.ts";
import type { ChangeRole, GrantablePermission, ListedUser, SessionView, UpdateUser, UserView } from "./user.ts";

/** Where a login comes from; both are shown in the list of sessions. */
export type Origin = { readonly userAgent: string | null; readonly address: string };

export type NewAccount = {
  readonly tenant: string;
  readonly userId: string;
  /** In their normal form, and reserved in the tenant's directory. */
  readonly email: string;
  readonly username: string | null;
  readonly fullName: string | null;
  readonly role: Role;
  readonly permissions: readonly GrantablePermission[];
} & (
  | { readonly kind: "invited"; readonly invitedBy: string }
  | { readonly kind: "registered"; readonly password: string }
  /** The first admin: active at once, its address taken as proven. */
  | { readonly kind: "founded"; readonly password: string }
  /** Whose address an identity provider has proven: active at once, without a password. */
  | { readonly kind: "external" }
);

export type PasswordLogIn = {
  readonly password: string;
  /** 6 digits of the authenticator; null when none were given. */
  readonly totp: string | null;
  readonly recoveryCode: string | null;
  /** A session of 7 days instead of 8 hours. */
  readonly remember: boolean;
} & Origin;

export type ExternalLogIn = {
  readonly provider: string;
  /** The provider's own name of the person. */
  readonly subject: string;
  /** The address that the provider says it has proven; null when it has not. Links the account at the first login. */
  readonly verifiedEmail: string | null;
  readonly remember: boolean;
} & Origin;

/**
 * That the user asks, and not who found their session: the password, null for an account that has none. Such a one is taken
 * at the word of the identity provider, in a session that was opened within the last ten minutes.
 */
export type Proof = { readonly password: string | null; readonly sessionId: string };

/** What the list of users shows of one. `user` is null when they were removed; `seq` grows with every change of it. */
export type Listing = { readonly seq: number; readonly user: ListedUser | null };

/** What the edge makes an access token of. */
export type OpenSession = {
  readonly tenant: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly role: Role;
  readonly permissions: readonly Permission[];
  readonly refreshToken: string;
  /** When the session ends, however often it is refreshed. Milliseconds since 1970. */
  readonly expiresAtMs: number;
};

/**
 * Refusals everywhere: `not_found` for an account that is not there (but a login, a refresh and a reset tell nothing),
 * `weak_password` with the problems found, `idempotency_conflict`. Commands that take access away answer when every
 * lease given before is over, at most `PRINCIPAL_LEASE_MS` later.
 */
export interface AccountRpc {
  /** Creating the same user again answers with the user: whoever lost the answer may repeat it. */
  create(account: NewAccount, once: Once | null): Repeatable<UserView>;
  /** Refused: `invalid_token` for one that was used, replaced or is older than 7 days. */
  acceptInvitation(secret: string, password: string): Refusable<UserView>;
  /** Refused: `invalid_token` for one that was used, replaced or is older than 24 hours. */
  verifyMail(secret: string): Refusable<UserView>;
  /**
   * Somebody registers with the address of this account: takes as long as a registration, and tells its owner, at most
   * once a minute.
   */
  registeredAgain(password: string): Promise<void>;

  /**
   * An account that is not there answers as one whose password is wrong, counts failures, and locks alike. Refused:
   * `invalid_credentials`, `account_locked` (five failures within 30 minutes lock for 30 minutes), and for a right password
   * `totp_required`, `account_not_active`, or `password_expired` with the members `changeToken` and `changeTokenExpiresAt`.
   */
  logIn(credentials: PasswordLogIn): Refusable<OpenSession>;
  /** The provider answers for a second factor. Refused: `invalid_credentials`, `account_not_active`. */
  logInExternally(login: ExternalLogIn): Refusable<OpenSession>;
  /**
   * Rotates: a token is used once. The one just before, within 30 s of its use, gets the same successor again; any older
   * one ends the session. Refused: `invalid_token`.
   */
  refresh(sessionId: string, secret: string): Refusable<OpenSession>;
  /** Null for a session that has ended, or a user who may not get in. */
  lease(sessionId: string): Promise<Leased<Principal> | null>;
  /** What the user may now, which bounds the keys that they made; null for one who may not get in. */
  rights(): Promise<Leased<readonly Permission[]> | null>;

  /** Ending a session that has ended changes nothing. */
  logOut(sessionId: string): Refusable<null>;
  /** Of all but the one named; null names none. Answers how many ended. */
  logOutAll(exceptSessionId: string | null): Refusable<{ ended: number }>;
  /** Newest first; at most five. */
  sessions(): Refusable<{ sessions: SessionView[] }>;
  /** Refused: `not_found` for a session that is not open. */
  revokeSession(sessionId: string): Refusable<null>;

  /** Ends all other sessions. A wrong current password counts as a failed login. */
  changePassword(change: { current: string; next: string; sessionId: string }): Refusable<null>;
  /**
   * For changes that a session alone must not make, here and for the second factor. A wrong password counts for the lock.
   * Refused: `invalid_credentials`, `account_locked`; for an account without a password `reauthentication_required`.
   */
  prove(proof: Proof): Refusable<null>;
  /**
   * Mails a token that is good for an hour and once; says nothing about whether there is such an account. Asking again
   * within a minute changes nothing. Where the deployment gives no passwords to who comes in through an identity provider,
   * they are mailed none.
   */
  requestPasswordReset(): Promise<void>;
  /** Ends all sessions and a lock. Refused: `invalid_token`, and `weak_password` also for the one in use now. */
  resetPassword(secret: string, password: string): Refusable<null>;
  /** With the `changeToken` of a login. Ends all sessions. Refused: `invalid_token`, `weak_password` as above. */
  replaceExpiredPassword(secret: string, password: string): Refusable<null>;
  /** By an administrator: the old password is void, all sessions end, and a token is mailed. */
  /** Repeated under a key, it mails nothing more, and answers with the user as they are by then; so does `unlock`. */
  voidPassword(once?: Once | null): Repeatable<UserView>;

  /** Shows a secret for an authenticator, which counts from `confirmTotp` on. */
  enrolTotp(proof: Proof): Refusable<{ secret: string; uri: string }>;
  /** Ten recovery codes, shown once. Refused: `totp_not_enrolled`, `invalid_credentials` for a wrong code. */
  confirmTotp(code: string): Refusable<{ recoveryCodes: readonly string[] }>;
  disableTotp(proof: Proof): Refusable<null>;
  /** Replaces all codes. */
  renewRecoveryCodes(proof: Proof): Refusable<{ recoveryCodes: readonly string[] }>;

  get(): Refusable<UserView>;
  /** `ifVersion`: the version the caller has seen, null for any; another one is refused with `precondition_failed`. */
  updateProfile(change: UpdateUser, ifVersion: number | null): Refusable<UserView>;
  /** Counts from this answer on, in every session. */
  changeRole(change: ChangeRole, ifVersion: number | null): Refusable<UserView>;
  suspend(): Refusable<UserView>;
  activate(): Refusable<UserView>;
  /** Ends a lock before its time. */
  unlock(once?: Once | null): Repeatable<UserView>;
  /** One way: of the user nothing stays but id, role and dates; the audit log tells the rest. */
  delete(): Refusable<null>;
}

/** What the list of users asks of an account, and the deletion of its tenant. */
export interface AccountUpkeepRpc {
  /** Null for an account that never was. */
  listing(): Promise<Listing | null>;
  /** The list shows this `seq`: the account need not tell it again. False for an account that is gone. */
  confirmListed(seq: number): Promise<boolean>;
  /** Tells the list again, because it seems to have missed something. False for an account that never was. */
  relist(): Promise<boolean>;
  /** Leaves no trace of the account, for a tenant that nobody gets in to any more. */
  erase(): Promise<void>;
}
