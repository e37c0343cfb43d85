/** What a tenant keeps of its work: dead letters, usage, and how far the sweep over all tenants' assets has come. */
import { DurableObject } from "cloudflare:workers";
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLettersRpc,
  FailedMessage,
  QueueName,
  Redriven,
} from "../../shared/contracts/dead-letters.ts";
import type { Refusable } from "../../shared/contracts/objects.ts";
import type { Once, Repeatable } from "../../shared/contracts/once.ts";
import type { UserSweepPosition } from "../../shared/contracts/tenant.ts";
import type { Settlement, UsageDay } from "../../shared/contracts/usage.ts";
import { ok } from "../../shared/core/result.ts";
import type { StalledPosition } from "../../shared/ports/asset-index.ts";
import { type Bounds, DeadLetterStore } from "./dead-letters.ts";
import { Presence } from "./presence.ts";
import { noLetter, Redrives } from "./redrive.ts";
import { UsageStore } from "./usage.ts";
import { UserSweepStore } from "./user-sweep.ts";

/** A year and a month, so that a year can be compared with the one before it day by day at its end. */
const USAGE_DAYS = 400;

export abstract class TenantWork extends DurableObject<Env> implements DeadLettersRpc {
  protected readonly presence: Presence;
  readonly #letters: DeadLetterStore;
  readonly #redrives: Redrives;
  readonly #usage: UsageStore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.presence = new Presence(ctx.storage);
    this.#letters = new DeadLetterStore(ctx.storage);
    this.#redrives = new Redrives(ctx.storage, this.#letters, () => {
      const { INSPECT_QUEUE: inspect, PLACE_QUEUE: place, INDEX_QUEUE: index } = this.env;
      return { inspect, place, index };
    });
    this.#usage = new UsageStore(ctx.storage);
  }

  /** What a job has used, told at its end. Idempotent by job: the first settlement stands. */
  async settle(settlement: Settlement): Promise<void> {
    if (this.presence.admit()) await this.#usage.settle(settlement);
    else await this.takeJob(settlement.jobId);
  }

  /** Jobs and compute per day (UTC), newest first; at most 400 days. */
  async usage(): Promise<UsageDay[]> {
    return this.presence.exists ? this.#usage.days(USAGE_DAYS) : [];
  }

  /** A job ends whose tenant is being deleted, or gone: nothing is kept of it. */
  protected abstract takeJob(jobId: string): Promise<void>;

  /** Keeps a message that no consumer could act on. Idempotent by arrival. */
  async keepDeadLetter(message: FailedMessage, entity: string | null): Promise<void> {
    if (this.presence.admit()) this.#letters.keep(message, entity, Date.now(), this.#bounds());
  }

  /** The last try of a message is about to fail with this; its dead letter will say so. */
  async noteLastError(queue: QueueName, body: unknown, error: string): Promise<void> {
    if (this.presence.admit()) this.#letters.note(queue, body, error, Date.now());
  }

  async deadLetters(page: DeadLetterPage): Promise<{ letters: DeadLetter[]; dropped: number }> {
    return this.presence.exists
      ? { letters: this.#letters.read(page), dropped: this.#letters.dropped() }
      : { letters: [], dropped: 0 };
  }

  async deadLetter(id: string): Refusable<DeadLetter> {
    const letter = this.presence.exists ? this.#letters.get(id) : null;
    return letter === null ? noLetter : ok(letter);
  }

  async redrive(id: string, once: Once | null = null): Repeatable<DeadLetter> {
    return this.presence.exists ? this.#redrives.one(id, once) : noLetter;
  }

  async redriveAll(filter: { queue: QueueName | null; limit: number }, once: Once | null = null): Repeatable<Redriven> {
    return this.presence.exists ? this.#redrives.all(filter, once) : ok({ redriven: 0, remaining: 0 });
  }

  async purge(id: string): Refusable<null> {
    return this.presence.exists && this.#letters.purge(id) ? ok(null) : noLetter;
  }

  /** Where the sweep over all tenants' assets has to go on; asked of the platform's own object only. */
  async sweepPosition(): Promise<StalledPosition | null> {
    if (!this.presence.exists) return null;
    const row = this.ctx.storage.sql.exec<{ position: string }>("SELECT position FROM sweep WHERE id = 1").toArray()[0];
    // SAFETY: written by keepSweepPosition.
    return row === undefined ? null : (JSON.parse(row.position) as StalledPosition);
  }

  /** Null when the sweep has come to its end: the next one starts over. */
  async keepSweepPosition(position: StalledPosition | null): Promise<void> {
    if (!this.presence.admit()) return;
    const { sql } = this.ctx.storage;
    if (position === null) sql.exec("DELETE FROM sweep");
    else sql.exec("INSERT OR REPLACE INTO sweep (id, position) VALUES (1, ?)", JSON.stringify(position));
  }

  /** Where the sweep over all tenants' users has to go on; asked of the platform's own object only. */
  async userSweepPosition(): Promise<UserSweepPosition | null> {
    return this.presence.exists ? new UserSweepStore(this.ctx.storage.sql).get() : null;
  }

  /** Null when the sweep has come to its end: the next one starts over. */
  async keepUserSweepPosition(position: UserSweepPosition | null): Promise<void> {
    if (this.presence.admit()) new UserSweepStore(this.ctx.storage.sql).keep(position);
  }

  #bounds(): Bounds {
    return {
      maxLetters: Number(this.env.DEAD_LETTERS_MAX),
      maxAgeMs: Number(this.env.DEAD_LETTERS_MAX_DAYS) * 86_400_000,
    };
  }
}
