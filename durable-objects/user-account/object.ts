/**
 * One user of a tenant: password, second factor, sessions and standing. Addressed by `tenant/user`.
 *
 * U1 A login is decided in one stretch without `await`: lock, password, second factor, session. No two guesses pass the
 *    lock at once.
 * U2 An account that is not there counts failures and locks like one that is; its traces are wiped when they count no more.
 * U3 Taking access away answers when every lease given before is over.
 * U4 No secret lies here in clear: passwords, mailed tokens and recovery codes as hashes, authenticators sealed, refresh
 *    tokens not at all.
 */
import { DurableObject } from "cloudflare:workers";
import type {
  AccountRpc,
  ExternalLogIn,
  NewAccount,
  OpenSession,
  PasswordLogIn,
} from "../../shared/contracts/account.ts";
import type { Refusable } from "../../shared/contracts/objects.ts";
import type { Once, Repeatable } from "../../shared/contracts/once.ts";
import type { Leased, Principal } from "../../shared/contracts/principal.ts";
import type { ChangeRole, SessionView, UpdateUser, UserView } from "../../shared/contracts/user.ts";
import { permissionsOf } from "../../shared/core/access/permissions.ts";
import { ok, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { hashPassword } from "../../shared/identity/password-hash.ts";
import { Leases } from "../runtime/leases.ts";
import { type Account, viewOfAccount } from "./account.ts";
import { activated, type Standing, suspended } from "./core/standing.ts";
import { idleAtMs } from "./core/lockout.ts";
import { createdOnce } from "./created-once.ts";
import { createAccount } from "./enter.ts";
import { logIn, logInExternally, refresh } from "./log-in.ts";
import { mailToken } from "./mail-token.ts";
import { Postman } from "./postman.ts";
import { accepted, askPassword, setPassword } from "./passwords.ts";
import { type Redemption, redeem } from "./redeem.ts";
import { anotherVersion, noAccount, noSession, notEnrolled } from "./refusals.ts";
import { confirm, disable, enrol, hasTotp, renewRecovery } from "./second-factor.ts";
import { viewOfSession } from "./sessions.ts";
import { Stores } from "./stores.ts";

const FAULT_RETRY_MS = 60_000;

export class UserAccount extends DurableObject<Env> implements AccountRpc {
  readonly #stores: Stores;
  readonly #leases = new Leases();
  readonly #postman: Postman;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#stores = new Stores(ctx.storage, env.ENCRYPTION_KEYS);
    this.#postman = new Postman(this.#stores.mails, env);
  }

  async create(account: NewAccount, once: Once | null): Repeatable<UserView> {
    this.#stores.admit();
    const { keys } = this.#stores;
    const nowMs = Date.now();
    const decide = () => this.#viewed(createAccount(this.#stores, account, nowMs));
    const created = this.ctx.storage.transactionSync(() => createdOnce(this.ctx.storage.sql, keys, once, decide));
    await this.#mail();
    // What was refused leaves no trace either.
    if (!created.ok) await this.#wakeFor(nowMs + FAULT_RETRY_MS);
    return created;
  }

  async acceptInvitation(secret: string, password: string): Refusable<UserView> {
    return this.#viewed(this.#redeem({ purpose: "invite", secret, password }));
  }

  async verifyMail(secret: string): Refusable<UserView> {
    return this.#viewed(this.#redeem({ purpose: "verify", secret }));
  }

  async registeredAgain(password: string): Promise<void> {
    hashPassword(password);
    const account = this.#stores.account();
    if (account === null) return;
    const nowMs = Date.now();
    // Whoever was asked to prove the address and lost the mail gets another.
    const kind = account.status === "unverified" ? "verify" : "registered-again";
    if (this.#stores.mails.justWritten(kind, nowMs)) return;
    this.ctx.storage.transactionSync(() => {
      if (kind === "verify") mailToken(this.#stores, account, kind, nowMs);
      else this.#stores.mails.add({ kind, to: account.email, token: null }, nowMs);
    });
    await this.#mail();
  }

  /** U1, U2. */
  async logIn(credentials: PasswordLogIn): Refusable<OpenSession> {
    this.#stores.count();
    const nowMs = Date.now();
    const outcome = this.ctx.storage.transactionSync(() =>
      logIn(this.#stores, this.#stores.account(), credentials, nowMs),
    );
    const idleMs = idleAtMs(this.#stores.lockout.get());
    if (idleMs > nowMs) await this.#wakeFor(idleMs);
    return outcome;
  }

  async logInExternally(login: ExternalLogIn): Refusable<OpenSession> {
    const account = this.#stores.account();
    const outcome = this.ctx.storage.transactionSync(() => logInExternally(this.#stores, account, login, Date.now()));
    // It may have ended the sessions of a stranger.
    if (outcome.ok && account?.emailVerified === false) await this.#leases.over();
    return outcome;
  }

  async refresh(sessionId: string, secret: string): Refusable<OpenSession> {
    const account = this.#stores.account();
    return this.ctx.storage.transactionSync(() => refresh(this.#stores, account, { sessionId, secret }, Date.now()));
  }

  async lease(sessionId: string): Promise<Leased<Principal> | null> {
    const account = this.#stores.account();
    if (account?.status !== "active") return null;
    const session = this.#stores.sessions.get(sessionId, Date.now());
    if (session === null) return null;
    const { tenant, userId, role, permissions } = account;
    const actor = { kind: "user", id: userId, sessionId, role } as const;
    const principal: Principal = { tenant, actor, permissions: permissionsOf(tenant, role, permissions) };
    return this.#leases.give(principal, session.expiresAtMs);
  }

  /** U3, here and below. */
  async logOut(sessionId: string): Refusable<null> {
    return this.#revoking(() => {
      this.#stores.sessions.end(sessionId);
      return ok(null);
    });
  }

  async logOutAll(exceptSessionId: string | null): Refusable<{ ended: number }> {
    return this.#revoking(() => ok({ ended: this.#stores.sessions.endAll(exceptSessionId) }));
  }

  async sessions(): Refusable<{ sessions: SessionView[] }> {
    if (this.#stores.account() === null) return noAccount;
    return ok({ sessions: this.#stores.sessions.list(Date.now()).map(viewOfSession) });
  }

  async revokeSession(sessionId: string): Refusable<null> {
    return this.#revoking((_account, nowMs) => {
      if (this.#stores.sessions.get(sessionId, nowMs) === null) return noSession;
      this.#stores.sessions.end(sessionId);
      return ok(null);
    });
  }

  async changePassword(change: { current: string; next: string; sessionId: string }): Refusable<null> {
    return this.#revoking((account, nowMs) => {
      const asked = askPassword(this.#stores, account, change.current, nowMs);
      if (!asked.ok) return asked;
      const policy = accepted(change.next, account, { previous: change.current, pointer: "/newPassword" });
      if (!policy.ok) return policy;
      setPassword(this.#stores, change.next);
      this.#stores.sessions.endAll(change.sessionId);
      this.#stores.mailedTokens.drop("reset");
      this.#stores.mails.add({ kind: "password-changed", to: account.email, token: null }, nowMs);
      this.#stores.accounts.change(account, { passwordChangedAtMs: nowMs }, nowMs);
      return ok(null);
    });
  }

  async requestPasswordReset(): Promise<void> {
    const account = this.#stores.account();
    const nowMs = Date.now();
    if (account?.status !== "active" && account?.status !== "unverified") return;
    if (this.#stores.mails.justWritten("reset", nowMs)) return;
    this.ctx.storage.transactionSync(() => {
      mailToken(this.#stores, account, "reset", nowMs);
    });
    await this.#mail();
  }

  async resetPassword(secret: string, password: string): Refusable<null> {
    const reset = this.#redeem({ purpose: "reset", secret, password });
    if (!reset.ok) return reset;
    await this.#mail();
    await this.#leases.over();
    return ok(null);
  }

  async voidPassword(): Refusable<UserView> {
    return this.#viewed(
      await this.#revoking((account, nowMs) => {
        this.#stores.secrets.remove("password");
        this.#stores.sessions.endAll(null);
        if (account.status === "active" || account.status === "unverified") {
          mailToken(this.#stores, account, "reset", nowMs);
        }
        return ok(this.#stores.accounts.change(account, {}, nowMs));
      }),
    );
  }

  async askPassword(password: string): Refusable<null> {
    return this.#withPassword(password, () => ok(null));
  }

  async enrolTotp(password: string): Refusable<{ secret: string; uri: string }> {
    return this.#withPassword(password, (account) => ok(enrol(this.#stores, account)));
  }

  async confirmTotp(code: string): Refusable<{ recoveryCodes: readonly string[] }> {
    return this.#change((account, nowMs) => {
      const confirmed = confirm(this.#stores, account, code, nowMs);
      if (!confirmed.ok) return confirmed;
      this.#stores.accounts.change(account, {}, nowMs);
      return ok({ recoveryCodes: renewRecovery(this.#stores) });
    });
  }

  async disableTotp(password: string): Refusable<null> {
    return this.#withPassword(password, (account, nowMs) => {
      if (!hasTotp(this.#stores)) return notEnrolled;
      disable(this.#stores);
      this.#stores.accounts.change(account, {}, nowMs);
      return ok(null);
    });
  }

  async renewRecoveryCodes(password: string): Refusable<{ recoveryCodes: readonly string[] }> {
    return this.#withPassword(password, () =>
      hasTotp(this.#stores) ? ok({ recoveryCodes: renewRecovery(this.#stores) }) : notEnrolled,
    );
  }

  async get(): Refusable<UserView> {
    const account = this.#stores.account();
    return account === null ? noAccount : ok(this.#view(account));
  }

  async updateProfile(change: UpdateUser, ifVersion: number | null): Refusable<UserView> {
    const updated = this.#change((account, nowMs) => {
      if (ifVersion !== null && ifVersion !== account.version) return anotherVersion;
      const { email = account.email, username = account.username, fullName = account.fullName } = change;
      const moved = email !== account.email;
      const next = this.#stores.accounts.change(
        account,
        { email, username, fullName, emailVerified: account.emailVerified && !moved },
        nowMs,
      );
      if (!moved) return ok(next);
      // Tokens that are under way went to the old address.
      this.#stores.mailedTokens.dropAll();
      this.#stores.mails.add({ kind: "email-changed", to: account.email, token: null }, nowMs);
      mailToken(this.#stores, next, account.status === "invited" ? "invite" : "verify", nowMs);
      return ok(next);
    });
    await this.#mail();
    return this.#viewed(updated);
  }

  async changeRole({ role, permissions }: ChangeRole, ifVersion: number | null): Refusable<UserView> {
    const changed = await this.#revoking((account, nowMs) => {
      if (ifVersion !== null && ifVersion !== account.version) return anotherVersion;
      const change = { role, permissions: permissions ?? account.permissions };
      return ok(this.#stores.accounts.change(account, change, nowMs));
    });
    return this.#viewed(changed);
  }

  async suspend(): Refusable<UserView> {
    return this.#viewed(
      await this.#revoking((account, nowMs) => {
        this.#stores.sessions.endAll(null);
        return ok(this.#become(account, suspended(account), nowMs));
      }),
    );
  }

  async activate(): Refusable<UserView> {
    return this.#viewed(this.#change((account, nowMs) => ok(this.#become(account, activated(account), nowMs))));
  }

  async unlock(): Refusable<UserView> {
    return this.#viewed(
      this.#change((account) => {
        this.#stores.lockout.clear();
        return ok(account);
      }),
    );
  }

  async delete(): Refusable<null> {
    return this.#revoking((account, nowMs) => {
      const { secrets, sessions, identities, mailedTokens, mails, lockout, accounts } = this.#stores;
      for (const store of [secrets, identities]) store.removeAll();
      for (const store of [mailedTokens, mails]) store.dropAll();
      sessions.endAll(null);
      lockout.clear();
      const nobody = { email: "", username: null, fullName: null, emailVerified: false, permissions: [] };
      accounts.change(account, { ...nobody, status: "deleted", before: null }, nowMs);
      return ok(null);
    });
  }

  /** Sends mails that did not go out, and wipes what unknown accounts leave. Never throws: the platform would give up. */
  override async alarm(): Promise<void> {
    const { exist, counting } = this.#stores;
    if (!counting) return;
    await this.ctx.storage.setAlarm(Date.now() + FAULT_RETRY_MS);
    try {
      if (exist) await this.#postman.deliver();
      const idleMs = idleAtMs(this.#stores.lockout.get());
      const nowMs = Date.now();
      const isNobody = !exist || this.#stores.accounts.get() === null;
      if (isNobody && idleMs <= nowMs) {
        await this.#stores.wipe();
        return;
      }
      const times = [exist ? this.#stores.mails.nextAtMs() : null, idleMs > nowMs ? idleMs : null].filter(
        (at) => at !== null,
      );
      await (times.length === 0
        ? this.ctx.storage.deleteAlarm()
        : this.ctx.storage.setAlarm(Math.max(Math.min(...times), nowMs + 1)));
    } catch (error) {
      this.#postman.fault("user_account_alarm_failed", error);
    }
  }

  #redeem(redemption: Redemption): Result<Account, Refusal> {
    const account = this.#stores.account();
    return this.ctx.storage.transactionSync(() => redeem(this.#stores, account, redemption, Date.now()));
  }

  #become(account: Account, { status, before }: Standing, nowMs: number): Account {
    return status === account.status ? account : this.#stores.accounts.change(account, { status, before }, nowMs);
  }

  #view(account: Account): UserView {
    const identities = this.#stores.identities.providers();
    return viewOfAccount(account, { totp: hasTotp(this.#stores), identities });
  }

  #viewed(outcome: Result<Account, Refusal>): Result<UserView, Refusal> {
    return outcome.ok ? ok(this.#view(outcome.value)) : outcome;
  }

  #change<T>(decide: (account: Account, nowMs: number) => Result<T, Refusal>): Result<T, Refusal> {
    const account = this.#stores.account();
    if (account === null) return noAccount;
    return this.ctx.storage.transactionSync(() => decide(account, Date.now()));
  }

  /** U3. */
  async #revoking<T>(decide: (account: Account, nowMs: number) => Result<T, Refusal>): Refusable<T> {
    const outcome = this.#change(decide);
    if (!outcome.ok) return outcome;
    await this.#mail();
    await this.#leases.over();
    return outcome;
  }

  #withPassword<T>(
    password: string,
    decide: (account: Account, nowMs: number) => Result<T, Refusal>,
  ): Result<T, Refusal> {
    return this.#change((account, nowMs) => {
      const asked = askPassword(this.#stores, account, password, nowMs);
      return asked.ok ? decide(account, nowMs) : asked;
    });
  }

  /** Sends what has to go out, after the answer. Should that be cut off, the alarm sends it. */
  async #mail(): Promise<void> {
    const nextAtMs = this.#stores.exist ? this.#stores.mails.nextAtMs() : null;
    if (nextAtMs === null) return;
    await this.#wakeFor(Math.max(nextAtMs, Date.now() + FAULT_RETRY_MS));
    this.ctx.waitUntil(this.#postman.deliver());
  }

  /** The object has one alarm: the earliest of what waits stands. */
  async #wakeFor(atMs: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > atMs) await this.ctx.storage.setAlarm(atMs);
  }
}
