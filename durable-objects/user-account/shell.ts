/**
 * What every command of an account goes through: one transaction, the one alarm, and what has to go out after the answer.
 *
 * S1 The alarm is set in the transaction of what it is for: at the earliest of all that waits.
 * S2 What goes out goes after the answer; should that be cut off, the alarm sends it.
 */
import { DurableObject } from "cloudflare:workers";
import type { Refusable } from "../../shared/contracts/objects.ts";
import type { Once } from "../../shared/contracts/once.ts";
import { PRINCIPAL_LEASE_MS } from "../../shared/contracts/principal.ts";
import { ok, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { Idempotency } from "../runtime/idempotency.ts";
import { Leases } from "../runtime/leases.ts";
import type { Account } from "./account.ts";
import { idleAtMs } from "./core/lockout.ts";
import { type Policy, policyOf } from "./policy.ts";
import { Postman } from "./postman.ts";
import { Publisher } from "./publisher.ts";
import { keyIsTaken, noAccount } from "./refusals.ts";
import { Stores } from "./stores.ts";

const FAULT_RETRY_MS = 60_000;

type Decide<T> = (account: Account, nowMs: number) => Result<T, Refusal>;

export class AccountShell extends DurableObject<Env> {
  protected readonly stores: Stores;
  protected readonly leases = new Leases();
  protected readonly policy: Policy;
  readonly #postman: Postman;
  readonly #publisher: Publisher;
  /** Null when nobody knows, or it is not set: an alarm with nothing to do ends by itself. */
  #armedAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.stores = new Stores(ctx.storage, env.ENCRYPTION_KEYS);
    this.policy = policyOf(env);
    this.#postman = new Postman(this.stores.mails, env);
    this.#publisher = new Publisher(this.stores.outbox, env.INDEX_QUEUE, (error) => {
      this.#postman.fault("listing_failed", error);
    });
  }

  /** Sends what did not go out, and wipes what unknown accounts leave. Never throws: the platform would give up. */
  override async alarm(): Promise<void> {
    if (!this.stores.counting) return;
    this.#armedAtMs = Date.now() + FAULT_RETRY_MS;
    await this.ctx.storage.setAlarm(this.#armedAtMs);
    try {
      if (this.stores.exist) await Promise.all([this.#postman.deliver(), this.#publisher.publish()]);
      if (this.#isNobody() && idleAtMs(this.stores.lockout.get()) <= Date.now()) {
        await this.wipe();
        return;
      }
      this.#arm(this.#mailAtMs());
      if (this.#armedAtMs === null) await this.ctx.storage.deleteAlarm();
    } catch (error) {
      this.#postman.fault("user_account_alarm_failed", error);
    }
  }

  /** S1, S2. */
  protected transact<T>(work: () => T): T {
    try {
      const done = this.ctx.storage.transactionSync(work);
      const mailAtMs = this.#mailAtMs();
      this.#arm(mailAtMs);
      if (mailAtMs !== null && mailAtMs <= Date.now()) this.ctx.waitUntil(this.#postman.deliver());
      if (this.stores.outbox.takeTouched()) this.ctx.waitUntil(this.#publisher.publish());
      return done;
    } catch (error) {
      this.stores.forget();
      throw error;
    }
  }

  /** Leaves no trace. */
  protected async wipe(): Promise<void> {
    this.#armedAtMs = null;
    await this.stores.wipe();
  }

  /** A command of an account that is there. */
  protected change<T>(decide: Decide<T>): Result<T, Refusal> {
    const account = this.stores.account();
    return account === null ? noAccount : this.transact(() => decide(account, Date.now()));
  }

  /**
   * A change under an idempotency key, which is kept in its transaction. Repeated, it changes nothing and answers with the
   * account as it is by then.
   */
  protected changeOnce(
    once: Once | null,
    decide: Decide<Account>,
  ): Result<Account, Refusal> & { readonly replayed?: true } {
    const account = this.stores.account();
    if (once === null || account === null) return this.change(decide);
    const { key, fingerprint } = once;
    const idempotency = new Idempotency(this.ctx.storage.sql);
    const known = idempotency.look(key, fingerprint, Date.now());
    if (known.kind === "same") return { ...ok(account), replayed: true };
    if (known.kind === "conflict") return keyIsTaken;
    return this.change((before, nowMs) => {
      const decided = decide(before, nowMs);
      if (decided.ok) idempotency.record(key, fingerprint, null, nowMs);
      return decided;
    });
  }

  /** A command that takes access away: answers when every lease given before is over. */
  protected async revoking<T>(decide: Decide<T>): Refusable<T> {
    const outcome = this.change(decide);
    if (outcome.ok) await this.leases.over();
    return outcome;
  }

  /**
   * Sessions also end in passing: the oldest for a sixth, one whose token was stolen, those of a stranger at the first login
   * through a provider. Whoever asks meanwhile waits too, and so does a repetition after a crash.
   */
  protected async endingsOver(): Promise<void> {
    const endedAtMs = this.stores.exist ? this.stores.sessions.lastEndAtMs() : null;
    if (endedAtMs !== null && Date.now() < endedAtMs + PRINCIPAL_LEASE_MS) await this.leases.over();
  }

  /** No account came of it, whatever was counted or refused. */
  #isNobody(): boolean {
    return !this.stores.exist || !this.stores.accounts.isThere();
  }

  #mailAtMs(): number | null {
    return this.stores.exist ? this.stores.mails.nextAtMs() : null;
  }

  /** S1. Without `await`, so that it is written together with what the transaction wrote. */
  #arm(mailAtMs: number | null): void {
    if (!this.stores.counting) return;
    const atMs = this.#nextAtMs(mailAtMs, Date.now());
    if (atMs === this.#armedAtMs) return;
    this.#armedAtMs = atMs;
    if (atMs !== null) this.ctx.waitUntil(this.ctx.storage.setAlarm(atMs));
  }

  #nextAtMs(mailAtMs: number | null, nowMs: number): number | null {
    const retryAtMs = nowMs + FAULT_RETRY_MS;
    if (this.#isNobody()) return Math.max(idleAtMs(this.stores.lockout.get()), retryAtMs);
    // A mail that is due is on its way now.
    const times = [mailAtMs !== null && mailAtMs <= nowMs ? retryAtMs : mailAtMs, this.stores.outbox.nextAt()];
    const waiting = times.filter((at) => at !== null);
    return waiting.length === 0 ? null : Math.max(Math.min(...waiting), nowMs + 1);
  }
}
