import type {
  AccountRpc,
  ExternalLogIn,
  Listing,
  NewAccount,
  OpenSession,
  Origin,
  PasswordLogIn,
  Proof,
} from "../../../shared/contracts/account.ts";
import type { Once } from "../../../shared/contracts/once.ts";
import type { Leased, Principal } from "../../../shared/contracts/principal.ts";
import type { ChangeRole, SessionView, UpdateUser, UserView } from "../../../shared/contracts/user.ts";
import { type Permission, permissionsOf } from "../../../shared/core/access/permissions.ts";
import {
  formatMailedToken,
  formatRefreshToken,
  type MailedPurpose,
  type TokenPurpose,
} from "../../../shared/core/identity/secret-token.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { ErrorCode } from "../../../shared/errors/codes.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";

const AT = "2026-01-02T03:04:05.000Z";
const no = (code: ErrorCode): { ok: false; error: Refusal } => refuse({ code, detail: `Refused: ${code}.` });
const FAILURES_THAT_LOCK = 5;

/** The code that the authenticator of every fake account shows. */
export const TOTP = "123456";

const NEW = {
  totp: false,
  identities: [],
  passwordChangedAt: null,
  lastLogInAt: null,
  logIns: 0,
  createdAt: AT,
  updatedAt: AT,
  version: 1,
};

type Open = { readonly view: SessionView; secret: string };

/** A user account in memory, in which no time passes: locks stay, nothing expires, a used refresh token is void at once. */
export class FakeAccount implements AccountRpc {
  /** Tokens that were mailed, in order. */
  readonly mailed: string[] = [];
  readonly #tenant: string;
  readonly #userId: string;
  readonly #sessions = new Map<string, Open>();
  /** Of the persons at identity providers that the account belongs to. */
  readonly #subjects = new Map<string, string>();
  readonly #secrets = new Map<TokenPurpose, string>();
  /** Whether the password is too old to log in with. */
  isExpired = false;
  #view: UserView | null = null;
  #removed: number | null = null;
  #password: string | null = null;
  #once: Once | null = null;
  #failures = 0;
  #enrolled = false;
  #codes: string[] = [];
  #count = 0;

  constructor(tenant: string, userId: string) {
    this.#tenant = tenant;
    this.#userId = userId;
  }

  async create(account: NewAccount, once: Once | null) {
    if (this.#view !== null) {
      if (once === null || this.#once?.fingerprint !== once.fingerprint) return no("idempotency_conflict");
      return { ...ok(this.#view), replayed: true as const };
    }
    this.#once = once;
    const { email, username, fullName, role, permissions } = account;
    this.#password = "password" in account ? account.password : null;
    const status = { invited: "invited", registered: "unverified", founded: "active", external: "active" } as const;
    this.#view = {
      ...NEW,
      id: this.#userId,
      email,
      username,
      fullName,
      role,
      permissions: [...permissions],
      emailVerified: status[account.kind] === "active",
      status: status[account.kind],
    };
    if (status[account.kind] !== "active") this.#mail(account.kind === "invited" ? "invite" : "verify");
    return ok(this.#view);
  }

  async acceptInvitation(secret: string, password: string) {
    if (this.#secrets.get("invite") !== secret) return no("invalid_token");
    if (password.length < 8) return no("weak_password");
    this.#secrets.delete("invite");
    this.#password = password;
    return this.#change({ status: "active", emailVerified: true });
  }

  async verifyMail(secret: string) {
    if (this.#secrets.get("verify") !== secret) return no("invalid_token");
    this.#secrets.delete("verify");
    return this.#change({ status: "active", emailVerified: true });
  }

  async registeredAgain() {
    this.#count += 1;
  }

  async logIn({ password, totp, recoveryCode, userAgent, address }: PasswordLogIn) {
    const checked = this.#check(password);
    if (!checked.ok) return checked;
    const view = this.#view;
    if (view?.status !== "active") return no("account_not_active");
    if (view.totp) {
      if (totp === null && recoveryCode === null) return no("totp_required");
      if (totp !== TOTP && !this.#spend(recoveryCode)) return this.#failed();
    }
    if (this.isExpired) {
      const changeToken = this.#issue("expired");
      return refuse<Refusal>({ code: "password_expired", detail: "Too old.", members: { changeToken } });
    }
    return this.#enter("password", { userAgent, address });
  }

  async logInExternally({ provider, subject, verifiedEmail, userAgent, address }: ExternalLogIn) {
    const [view, linked] = [this.#view, this.#subjects.get(provider)];
    if (view === null || (linked ?? subject) !== subject) return no("invalid_credentials");
    if (linked === undefined && view.email !== verifiedEmail) return no("invalid_credentials");
    if (view.status === "suspended") return no("account_not_active");
    this.#subjects.set(provider, subject);
    this.#view = { ...view, status: "active", emailVerified: true, identities: [...this.#subjects.keys()] };
    return this.#enter(provider, { userAgent, address });
  }

  async refresh(sessionId: string, secret: string) {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return no("invalid_token");
    if (session.secret !== secret) {
      this.#sessions.delete(sessionId);
      return no("invalid_token");
    }
    session.secret = this.#secret();
    return this.#opened(sessionId);
  }

  async lease(sessionId: string): Promise<Leased<Principal> | null> {
    const view = this.#view;
    if (view?.status !== "active" || !this.#sessions.has(sessionId)) return null;
    const actor = { kind: "user", id: view.id, sessionId, role: view.role } as const;
    const permissions = permissionsOf(this.#tenant, view.role, view.permissions);
    return { value: { tenant: this.#tenant, actor, permissions }, leaseMs: 2_000 };
  }

  async rights(): Promise<Leased<readonly Permission[]> | null> {
    const view = this.#view;
    if (view?.status !== "active") return null;
    return { value: permissionsOf(this.#tenant, view.role, view.permissions), leaseMs: 2_000 };
  }

  async logOut(sessionId: string) {
    this.#sessions.delete(sessionId);
    return ok(null);
  }

  async logOutAll(exceptSessionId: string | null) {
    const ended = [...this.#sessions.keys()].filter((id) => id !== exceptSessionId);
    for (const id of ended) this.#sessions.delete(id);
    return ok({ ended: ended.length });
  }

  async sessions() {
    if (this.#view === null) return no("not_found");
    return ok({ sessions: [...this.#sessions.values()].map(({ view }) => view).toReversed() });
  }

  async revokeSession(sessionId: string) {
    return this.#sessions.delete(sessionId) ? ok(null) : no("not_found");
  }

  async changePassword({ current, next, sessionId }: { current: string; next: string; sessionId: string }) {
    const checked = this.#check(current);
    if (!checked.ok) return checked;
    if (next.length < 8) return no("weak_password");
    this.#password = next;
    await this.logOutAll(sessionId);
    return ok(null);
  }

  async requestPasswordReset() {
    if (this.#view !== null) this.#mail("reset");
  }

  async resetPassword(secret: string, password: string) {
    if (this.#secrets.get("reset") !== secret) return no("invalid_token");
    if (password.length < 8) return no("weak_password");
    this.#secrets.delete("reset");
    this.#password = password;
    this.#failures = 0;
    this.#sessions.clear();
    return ok(null);
  }

  async voidPassword() {
    this.#password = null;
    this.#sessions.clear();
    this.#mail("reset");
    return this.#change({});
  }

  async replaceExpiredPassword(secret: string, password: string) {
    if (this.#secrets.get("expired") !== secret) return no("invalid_token");
    if (password.length < 8) return no("weak_password");
    this.#secrets.delete("expired");
    this.#password = password;
    this.isExpired = false;
    this.#sessions.clear();
    return ok(null);
  }

  async prove({ password }: Proof) {
    if (this.#password === null) return this.#subjects.size > 0 ? ok(null) : no("reauthentication_required");
    return this.#check(password ?? "");
  }

  async enrolTotp(proof: Proof) {
    const checked = await this.prove(proof);
    if (!checked.ok) return checked;
    this.#enrolled = true;
    return ok({ secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/AIMA?secret=JBSWY3DPEHPK3PXP" });
  }

  async confirmTotp(code: string) {
    if (!this.#enrolled) return no("totp_not_enrolled");
    if (code !== TOTP) return no("invalid_credentials");
    this.#change({ totp: true });
    return ok({ recoveryCodes: this.#newCodes() });
  }

  async disableTotp(proof: Proof) {
    const checked = await this.prove(proof);
    if (!checked.ok) return checked;
    this.#change({ totp: false });
    return ok(null);
  }

  async renewRecoveryCodes(proof: Proof) {
    const checked = await this.prove(proof);
    if (!checked.ok) return checked;
    return this.#view?.totp === true ? ok({ recoveryCodes: this.#newCodes() }) : no("totp_not_enrolled");
  }

  async get() {
    return this.#view === null ? no("not_found") : ok(this.#view);
  }

  async listing(): Promise<Listing | null> {
    const view = this.#view;
    if (view === null) return this.#removed === null ? null : { seq: this.#removed, user: null };
    const { permissions: _permissions, identities: _identities, updatedAt: _at, version, status, ...user } = view;
    return { seq: version, user: status === "deleted" ? null : { ...user, status } };
  }

  async updateProfile({ email, username, fullName }: UpdateUser, ifVersion: number | null) {
    return this.#change(
      {
        ...(email === undefined ? {} : { email }),
        ...(username === undefined ? {} : { username }),
        ...(fullName === undefined ? {} : { fullName }),
      },
      ifVersion,
    );
  }

  async changeRole({ role, permissions }: ChangeRole, ifVersion: number | null) {
    return this.#change({ role, ...(permissions === undefined ? {} : { permissions }) }, ifVersion);
  }

  async suspend() {
    this.#sessions.clear();
    return this.#change({ status: "suspended" });
  }

  async activate() {
    return this.#change({ status: "active" });
  }

  async unlock() {
    this.#failures = 0;
    return this.#change({});
  }

  async delete() {
    this.#removed = (this.#view?.version ?? 0) + 1;
    this.#sessions.clear();
    this.#view = null;
    this.#password = null;
    return ok(null);
  }

  #enter(method: string, { userAgent, address }: Origin): Result<OpenSession, Refusal> {
    const id = `ses_${this.#userId.slice(-13)}${String((this.#count += 1)).padStart(13, "0")}`;
    const times = { createdAt: AT, refreshedAt: AT, expiresAt: "2026-01-02T11:04:05.000Z" };
    this.#sessions.set(id, { view: { id, method, userAgent, address, ...times }, secret: this.#secret() });
    return this.#opened(id);
  }

  #check(password: string): Result<null, Refusal> {
    if (this.#failures >= FAILURES_THAT_LOCK) return no("account_locked");
    if (this.#password === null || this.#password !== password) return this.#failed();
    this.#failures = 0;
    return ok(null);
  }

  #failed() {
    this.#failures += 1;
    return no("invalid_credentials");
  }

  #spend(code: string | null): boolean {
    const at = code === null ? -1 : this.#codes.indexOf(code);
    if (at >= 0) this.#codes.splice(at, 1);
    return at >= 0;
  }

  #newCodes(): readonly string[] {
    this.#codes = Array.from({ length: 10 }, (_, i) => `code-${(this.#count += 1)}-${i}`);
    return [...this.#codes];
  }

  #opened(sessionId: string): Result<OpenSession, Refusal> {
    const [session, view] = [this.#sessions.get(sessionId), this.#view];
    if (session === undefined || view === null) return no("invalid_token");
    const who = { tenant: this.#tenant, userId: view.id, sessionId };
    return ok({
      ...who,
      role: view.role,
      permissions: permissionsOf(this.#tenant, view.role, view.permissions),
      refreshToken: formatRefreshToken({ ...who, secret: session.secret }),
      expiresAtMs: 1_767_351_845_000,
    });
  }

  #change(change: Partial<UserView>, ifVersion: number | null = null): Result<UserView, Refusal> {
    const view = this.#view;
    if (view === null) return no("not_found");
    if (ifVersion !== null && ifVersion !== view.version) return no("precondition_failed");
    this.#view = { ...view, ...change, version: view.version + 1 };
    return ok(this.#view);
  }

  #secret = (): string => String((this.#count += 1)).padStart(64, "0");

  #issue(purpose: TokenPurpose): string {
    const secret = this.#secret();
    this.#secrets.set(purpose, secret);
    return formatMailedToken({ purpose, tenant: this.#tenant, userId: this.#userId, secret });
  }

  #mail(purpose: MailedPurpose): void {
    this.mailed.push(this.#issue(purpose));
  }
}
