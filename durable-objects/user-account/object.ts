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
import type {
  AccountUpkeepRpc,
  AccountRpc,
  ExternalLogIn,
  Listing,
  NewAccount,
  OpenSession,
  PasswordLogIn,
  Proof,
} from "../../shared/contracts/account.ts";
import type { Refusable } from "../../shared/contracts/objects.ts";
import type { Once, Repeatable } from "../../shared/contracts/once.ts";
import type { Leased, Principal } from "../../shared/contracts/principal.ts";
import type { ChangeRole, SessionView, UpdateUser, UserView } from "../../shared/contracts/user.ts";
import { type Permission, permissionsOf } from "../../shared/core/access/permissions.ts";
import { ok, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { hashPassword } from "../../shared/identity/password-hash.ts";
import { type Account, LIST_KEY, LIST_TARGET, listedUser, viewOfAccount } from "./account.ts";
import { activated, type Standing, suspended } from "./core/standing.ts";
import { createdOnce } from "./created-once.ts";
import { createAccount } from "./enter.ts";
import { logIn, logInExternally, refresh } from "./log-in.ts";
import { mailToken } from "./mail-token.ts";
import { accepted, askPassword, mayHavePassword, setPassword } from "./passwords.ts";
import { prove } from "./prove.ts";
import { type Redemption, redeem } from "./redeem.ts";
import { anotherVersion, noAccount, noSession, notEnrolled } from "./refusals.ts";
import { confirm, disable, enrol, hasTotp, renewRecovery } from "./second-factor.ts";
import { viewOfSession } from "./sessions.ts";
import { AccountShell } from "./shell.ts";

/** Longer than a consumer of the list takes. */
const ERASED_SECONDS = 60;

export class UserAccount extends AccountShell implements AccountRpc, AccountUpkeepRpc {
  async create(account: NewAccount, once: Once | null): Repeatable<UserView> {
    this.stores.admit();
    const { keys } = this.stores;
    const nowMs = Date.now();
    const decide = () => this.#viewed(createAccount(this.stores, account, nowMs));
    return this.transact(() => createdOnce(this.ctx.storage.sql, keys, once, decide));
  }

  async acceptInvitation(secret: string, password: string): Refusable<UserView> {
    return this.#viewed(this.#redeem({ purpose: "invite", secret, password }));
  }

  async verifyMail(secret: string): Refusable<UserView> {
    return this.#viewed(this.#redeem({ purpose: "verify", secret }));
  }

  async registeredAgain(password: string): Promise<void> {
    hashPassword(password);
    const account = this.stores.account();
    if (account === null) return;
    const nowMs = Date.now();
    // Whoever was asked to prove the address and lost the mail gets another.
    const kind = account.status === "unverified" ? "verify" : "registered-again";
    if (this.stores.mails.justWritten(kind, nowMs)) return;
    this.transact(() => {
      if (kind === "verify") mailToken(this.stores, account, kind, nowMs);
      else this.stores.mails.add({ kind, to: account.email, token: null }, nowMs);
    });
  }

  /** U1, U2; U3 for the session that ends for a sixth. */
  async logIn(credentials: PasswordLogIn): Refusable<OpenSession> {
    this.stores.count();
    const at = { policy: this.policy, nowMs: Date.now() };
    const outcome = this.transact(() => logIn(this.stores, this.stores.account(), credentials, at));
    if (outcome.ok) await this.endingsOver();
    return outcome;
  }

  async logInExternally(login: ExternalLogIn): Refusable<OpenSession> {
    const account = this.stores.account();
    const outcome = this.transact(() => logInExternally(this.stores, account, login, Date.now()));
    if (outcome.ok) await this.endingsOver();
    return outcome;
  }

  /** U3 for a session that ends because its token was stolen: the thief waits, too. */
  async refresh(sessionId: string, secret: string): Refusable<OpenSession> {
    const account = this.stores.account();
    const outcome = this.transact(() => refresh(this.stores, account, { sessionId, secret }, Date.now()));
    if (!outcome.ok) await this.endingsOver();
    return outcome;
  }

  async lease(sessionId: string): Promise<Leased<Principal> | null> {
    const account = this.stores.account();
    if (account?.status !== "active") return null;
    const session = this.stores.sessions.get(sessionId, Date.now());
    if (session === null) return null;
    const { tenant, userId, role, permissions } = account;
    const actor = { kind: "user", id: userId, sessionId, role } as const;
    const principal: Principal = { tenant, actor, permissions: permissionsOf(tenant, role, permissions) };
    return this.leases.give(principal, session.expiresAtMs);
  }

  async rights(): Promise<Leased<readonly Permission[]> | null> {
    const account = this.stores.account();
    if (account?.status !== "active") return null;
    return this.leases.give(permissionsOf(account.tenant, account.role, account.permissions));
  }

  /** U3, here and below. */
  async logOut(sessionId: string): Refusable<null> {
    return this.revoking((_account, nowMs) => {
      this.stores.sessions.end(sessionId, nowMs);
      return ok(null);
    });
  }

  async logOutAll(exceptSessionId: string | null): Refusable<{ ended: number }> {
    return this.revoking((_account, nowMs) => ok({ ended: this.stores.sessions.endAll(exceptSessionId, nowMs) }));
  }

  async sessions(): Refusable<{ sessions: SessionView[] }> {
    if (this.stores.account() === null) return noAccount;
    return ok({ sessions: this.stores.sessions.list(Date.now()).map(viewOfSession) });
  }

  async revokeSession(sessionId: string): Refusable<null> {
    return this.revoking((_account, nowMs) => {
      if (this.stores.sessions.get(sessionId, nowMs) === null) return noSession;
      this.stores.sessions.end(sessionId, nowMs);
      return ok(null);
    });
  }

  async changePassword(change: { current: string; next: string; sessionId: string }): Refusable<null> {
    return this.revoking((account, nowMs) => {
      const asked = askPassword(this.stores, account, change.current, nowMs);
      if (!asked.ok) return asked;
      const policy = accepted(change.next, account, { previous: change.current, pointer: "/newPassword" });
      if (!policy.ok) return policy;
      setPassword(this.stores, change.next);
      this.stores.sessions.endAll(change.sessionId, nowMs);
      this.stores.mailedTokens.drop("reset", "expired");
      this.stores.mails.add({ kind: "password-changed", to: account.email, token: null }, nowMs);
      this.stores.accounts.change(account, { passwordChangedAtMs: nowMs }, nowMs);
      return ok(null);
    });
  }

  async requestPasswordReset(): Promise<void> {
    const account = this.stores.account();
    const nowMs = Date.now();
    if (account?.status !== "active" && account?.status !== "unverified") return;
    if (this.stores.mails.justWritten("reset", nowMs) || !mayHavePassword(this.stores, this.policy)) return;
    this.transact(() => {
      mailToken(this.stores, account, "reset", nowMs);
    });
  }

  async resetPassword(secret: string, password: string): Refusable<null> {
    return this.#replaced(this.#redeem({ purpose: "reset", secret, password }));
  }

  async replaceExpiredPassword(secret: string, password: string): Refusable<null> {
    return this.#replaced(this.#redeem({ purpose: "expired", secret, password }));
  }

  async voidPassword(once: Once | null = null): Repeatable<UserView> {
    const done = this.changeOnce(once, (account, nowMs) => {
      const mayReset = mayHavePassword(this.stores, this.policy);
      this.stores.secrets.remove("password");
      this.stores.sessions.endAll(null, nowMs);
      this.stores.mailedTokens.drop("expired");
      if (mayReset && (account.status === "active" || account.status === "unverified")) {
        mailToken(this.stores, account, "reset", nowMs);
      }
      return ok(this.stores.accounts.change(account, {}, nowMs));
    });
    // A repetition waits too: it may follow a crash between the effect and its answer.
    if (done.ok) await this.leases.over();
    return this.#viewedOnce(done);
  }

  async prove(proof: Proof): Refusable<null> {
    return this.#proven(proof, () => ok(null));
  }

  async enrolTotp(proof: Proof): Refusable<{ secret: string; uri: string }> {
    return this.#proven(proof, (account) => ok(enrol(this.stores, account)));
  }

  async confirmTotp(code: string): Refusable<{ recoveryCodes: readonly string[] }> {
    return this.change((account, nowMs) => {
      const confirmed = confirm(this.stores, account, code, nowMs);
      if (!confirmed.ok) return confirmed;
      this.stores.accounts.change(account, {}, nowMs);
      return ok({ recoveryCodes: renewRecovery(this.stores) });
    });
  }

  async disableTotp(proof: Proof): Refusable<null> {
    return this.#proven(proof, (account, nowMs) => {
      if (!hasTotp(this.stores)) return notEnrolled;
      disable(this.stores);
      this.stores.accounts.change(account, {}, nowMs);
      return ok(null);
    });
  }

  async renewRecoveryCodes(proof: Proof): Refusable<{ recoveryCodes: readonly string[] }> {
    return this.#proven(proof, () =>
      hasTotp(this.stores) ? ok({ recoveryCodes: renewRecovery(this.stores) }) : notEnrolled,
    );
  }

  async get(): Refusable<UserView> {
    const account = this.stores.account();
    return account === null ? noAccount : ok(this.#view(account));
  }

  async updateProfile(change: UpdateUser, ifVersion: number | null): Refusable<UserView> {
    const updated = this.change((account, nowMs) => {
      if (ifVersion !== null && ifVersion !== account.version) return anotherVersion;
      const { email = account.email, username = account.username, fullName = account.fullName } = change;
      const moved = email !== account.email;
      const next = this.stores.accounts.change(
        account,
        { email, username, fullName, emailVerified: account.emailVerified && !moved },
        nowMs,
      );
      if (!moved) return ok(next);
      // Tokens that are under way went to the old address.
      this.stores.mailedTokens.dropAll();
      this.stores.mails.add({ kind: "email-changed", to: account.email, token: null }, nowMs);
      mailToken(this.stores, next, account.status === "invited" ? "invite" : "verify", nowMs);
      return ok(next);
    });
    return this.#viewed(updated);
  }

  async changeRole({ role, permissions }: ChangeRole, ifVersion: number | null): Refusable<UserView> {
    const changed = await this.revoking((account, nowMs) => {
      if (ifVersion !== null && ifVersion !== account.version) return anotherVersion;
      const change = { role, permissions: permissions ?? account.permissions };
      return ok(this.stores.accounts.change(account, change, nowMs));
    });
    return this.#viewed(changed);
  }

  async suspend(): Refusable<UserView> {
    return this.#viewed(
      await this.revoking((account, nowMs) => {
        this.stores.sessions.endAll(null, nowMs);
        return ok(this.#become(account, suspended(account), nowMs));
      }),
    );
  }

  async activate(): Refusable<UserView> {
    return this.#viewed(this.change((account, nowMs) => ok(this.#become(account, activated(account), nowMs))));
  }

  async unlock(once: Once | null = null): Repeatable<UserView> {
    const clear = (account: Account): Result<Account, Refusal> => {
      this.stores.lockout.clear();
      return ok(account);
    };
    return this.#viewedOnce(this.changeOnce(once, clear));
  }

  async delete(): Refusable<null> {
    return this.revoking((account, nowMs) => {
      const { secrets, sessions, identities, mailedTokens, mails, lockout, accounts } = this.stores;
      for (const store of [secrets, identities]) store.removeAll();
      for (const store of [mailedTokens, mails]) store.dropAll();
      sessions.endAll(null, nowMs);
      lockout.clear();
      const nobody = { email: "", username: null, fullName: null, emailVerified: false, permissions: [] };
      accounts.change(account, { ...nobody, status: "deleted", before: null }, nowMs);
      return ok(null);
    });
  }

  async listing(): Promise<Listing | null> {
    const account = this.stores.exist ? this.stores.accounts.get() : null;
    return account === null ? null : { seq: account.seq, user: listedUser(account, hasTotp(this.stores)) };
  }

  async confirmListed(seq: number): Promise<boolean> {
    const account = this.stores.exist ? this.stores.accounts.get() : null;
    if (account === null) return false;
    // A later change has its own message.
    if (account.seq <= seq) {
      this.transact(() => {
        this.stores.outbox.confirm(LIST_TARGET, LIST_KEY);
      });
    }
    return true;
  }

  async relist(): Promise<boolean> {
    const account = this.stores.exist ? this.stores.accounts.get() : null;
    if (account === null) return false;
    this.transact(() => {
      this.stores.accounts.tell(account, Date.now());
    });
    return true;
  }

  async erase(): Promise<void> {
    const account = this.stores.exist ? this.stores.accounts.get() : null;
    if (account !== null) {
      const { tenant, userId, seq } = account;
      // For what is under way to the list now: this comes after it, and finds no account.
      await this.env.INDEX_QUEUE.send({ tenant, userId, seq }, { delaySeconds: ERASED_SECONDS });
    }
    await this.wipe();
  }

  #redeem(redemption: Redemption): Result<Account, Refusal> {
    const account = this.stores.account();
    const at = { policy: this.policy, nowMs: Date.now() };
    return this.transact(() => redeem(this.stores, account, redemption, at));
  }

  /** U3. */
  async #replaced(redeemed: Result<Account, Refusal>): Refusable<null> {
    if (!redeemed.ok) return redeemed;
    await this.leases.over();
    return ok(null);
  }

  #become(account: Account, { status, before }: Standing, nowMs: number): Account {
    return status === account.status ? account : this.stores.accounts.change(account, { status, before }, nowMs);
  }

  #view(account: Account): UserView {
    const identities = this.stores.identities.providers();
    return viewOfAccount(account, { totp: hasTotp(this.stores), identities });
  }

  #viewedOnce(outcome: Result<Account, Refusal> & { readonly replayed?: true }) {
    const viewed = this.#viewed(outcome);
    return outcome.replayed === true ? { ...viewed, replayed: true as const } : viewed;
  }

  #viewed(outcome: Result<Account, Refusal>): Result<UserView, Refusal> {
    return outcome.ok ? ok(this.#view(outcome.value)) : outcome;
  }

  /** Of the user, who has proven that it is them. */
  #proven<T>(proof: Proof, decide: (account: Account, nowMs: number) => Result<T, Refusal>): Result<T, Refusal> {
    return this.change((account, nowMs) => {
      const proven = prove(this.stores, account, proof, nowMs);
      return proven.ok ? decide(account, nowMs) : proven;
    });
  }
}
