/**
 * The shell that every event-sourced object shares: admit → decide → persist → publish.
 *
 * A1 Between reading the state and writing it there is no `await`.
 * A2 Events, snapshot, timers and outbox rows of a command are written in one synchronous transaction; the state in
 *    memory changes only after it.
 * A3 The alarm never throws: it re-arms first, catches everything and spaces its own repetitions, because the
 *    platform gives up on an alarm after six failures.
 * A4 Nothing important lives in memory: after an eviction the snapshot has everything.
 */
import { DurableObject } from "cloudflare:workers";
import { backoffMs } from "../../shared/core/backoff.ts";
import type { Decider } from "../../shared/core/decider.ts";
import type { Effect, OutboxEntry } from "../../shared/core/effect.ts";
import { newId } from "../../shared/core/ids.ts";
import type { Result } from "../../shared/core/result.ts";
import { within } from "../../shared/within.ts";
import { Idempotency } from "./idempotency.ts";
import { Journal, type NewEvent } from "./journal.ts";
import { DUE_AT_ONCE, Outbox, type OutboxRow } from "./outbox.ts";
import { type ActorSchema, applyActorSchema, createActorSchema, hasActorSchema } from "./schema.ts";
import { Snapshots } from "./snapshots.ts";
import { Timers } from "./timers.ts";

/** A delivery that has not answered by then counts as failed, so that nothing waits behind it for ever. */
const DELIVERY_TIMEOUT_MS = 60_000;

/** When an alarm that was cut off in its work runs again. */
const REARM_MS = 5_000;
const REARM_SPREAD_MS = 10_000;

const TIMER_RETRY = { initialIntervalMs: 1_000, backoffCoefficient: 2, maximumIntervalMs: 300_000 };

function noAnswer(): never {
  throw new Error(`No answer within ${DELIVERY_TIMEOUT_MS} ms`);
}

export abstract class Actor<State, Command, Event extends NewEvent, Refusal> extends DurableObject<Env> {
  protected readonly journal: Journal;
  protected readonly outbox: Outbox;
  protected readonly timers: Timers;
  protected readonly idempotency: Idempotency;
  protected state: State;
  readonly #decider: Decider<State, Command, Event, Refusal>;
  readonly #snapshots: Snapshots;
  readonly #schema: ActorSchema;
  /** Nothing was ever kept: asking for what does not exist leaves no trace. */
  #isNew: boolean;
  #armedAt: number | null = null;
  /** Targets that something is being sent to. */
  readonly #busy = new Set<string>();
  #alarming = false;

  constructor(
    ctx: DurableObjectState,
    env: Env,
    decider: Decider<State, Command, Event, Refusal>,
    schema: ActorSchema,
  ) {
    super(ctx, env);
    this.#decider = decider;
    const { sql } = ctx.storage;
    this.#schema = schema;
    this.#isNew = !hasActorSchema(sql);
    if (!this.#isNew) applyActorSchema(ctx.storage, schema);
    this.journal = new Journal(sql, this.#isNew);
    this.outbox = new Outbox(sql, this.#isNew);
    this.timers = new Timers(sql, this.#isNew);
    this.idempotency = new Idempotency(sql);
    this.#snapshots = new Snapshots(sql, this.#isNew);
    this.state = this.#wake();
  }

  #wake(): State {
    const snapshot = this.#snapshots.read();
    if (snapshot === null) return this.#decider.initialState;
    if (snapshot.version !== this.#decider.stateVersion) return this.stateAsOf(this.journal.seq);
    // SAFETY: written by persist from a State of this shape.
    return JSON.parse(snapshot.state) as State;
  }

  /** The state as JSON, with every event: a part that never changes need not be written out each time. */
  protected textOf(state: State): string {
    return JSON.stringify(state);
  }

  /** The state as it was after event `seq`, made from the journal. */
  protected stateAsOf(seq: number): State {
    let state = this.#decider.initialState;
    for (const { event, atMs } of this.journal.upTo(seq)) {
      state = this.#decider.evolve(state, this.#decider.upcast(event), atMs);
    }
    return state;
  }

  /** What no event tells and yet has to outlive the object's memory; read with `readAside`, kept beside the state. */
  protected aside(): unknown {
    return null;
  }

  protected readAside(): unknown {
    return this.#snapshots.readAside();
  }

  /** What an event makes the object tell others or wait for. Pure. */
  protected abstract effects(state: State, event: Event, atMs: number): readonly Effect[];
  /** Sends one outbox row; throws when it did not arrive. */
  protected abstract deliver(row: OutboxRow): Promise<void>;
  /** Acts on a due timer. Throwing repeats it later. */
  protected abstract onTimer(name: string, nowMs: number): void | Promise<void>;
  /**
   * How long the outcome of sending the row may take to show, where sending it twice must not happen: that it is sent is
   * then durable before it is, and nothing tries again before that time. 0 for receivers that know repetitions.
   */
  protected settlingMs(_row: OutboxRow): number {
    return 0;
  }

  /** After a commit with events: wakes whoever waits for news. */
  protected onCommitted(): void {}

  protected now(): number {
    return Date.now();
  }

  /**
   * Decides a command and makes its events durable. `within` runs in the same transaction, before the events: for
   * rows that belong to them but are too bulky for a journal. Without events it does not run.
   */
  protected execute(command: Command, within?: (firstSeq: number) => void): Result<readonly Event[], Refusal> {
    const now = this.now();
    const decided = this.#decider.decide(this.state, command, now);
    if (!decided.ok || decided.value.length === 0) return decided;
    this.#persist(decided.value, now, within);
    return decided;
  }

  /**
   * Decides several commands, each on the outcome of the ones before, and makes everything durable in one
   * transaction, `within` always included; it is given the events. A refused command is passed over. What `aside`
   * answers afterwards is durable too.
   */
  protected executeAll(commands: readonly Command[], within: (events: readonly Event[]) => void): void {
    const now = this.now();
    const events: Event[] = [];
    let { state } = this;
    for (const command of commands) {
      const decided = this.#decider.decide(state, command, now);
      if (!decided.ok) continue;
      for (const event of decided.value) state = this.#decider.evolve(state, event, now);
      events.push(...decided.value);
    }
    this.#persist(events, now, () => within(events));
  }

  /** Takes up what is due, should the alarm for it have been lost. Harmless at any time. */
  async nudge(): Promise<void> {
    this.#armedAt = null;
    this.#arm();
    await this.drain();
  }

  /** Sets a timer that no event causes. */
  protected remind(name: string, dueAtMs: number): void {
    this.#write(() => {
      this.timers.set(name, dueAtMs);
      this.timers.save();
    });
    this.#arm();
  }

  /** Adds an outbox row that no event causes (a repetition by timer), and sends it. */
  protected send(entry: OutboxEntry): void {
    this.#write(() => this.outbox.add([entry], this.now()));
    this.#arm();
    this.ctx.waitUntil(this.drain());
  }

  /**
   * Leaves nothing of the object, its alarm included: it is as if it had never been. False, and nothing has changed, while
   * it is at work: what is under way would write into tables that are gone.
   */
  protected async wipe(): Promise<boolean> {
    if (this.#busy.size > 0 || this.#alarming) return false;
    this.#isNew = true;
    this.#armedAt = null;
    this.state = this.#decider.initialState;
    this.journal.restore(true);
    this.outbox.forget(true);
    this.timers.forget(true);
    await this.ctx.storage.deleteAll();
    return true;
  }

  #persist(events: readonly Event[], now: number, within?: (firstSeq: number) => void): void {
    let next = this.state;
    const effects: Effect[] = [];
    for (const event of events) {
      next = this.#decider.evolve(next, event, now);
      effects.push(...this.effects(next, event, now));
    }
    this.#write(() => {
      within?.(this.journal.seq + 1);
      if (events.length === 0) {
        const aside = this.aside();
        if (aside !== null) this.#snapshots.writeAside(aside);
        return;
      }
      this.journal.append(events, now, () => newId("evt", now, crypto.getRandomValues(new Uint8Array(16))));
      this.#apply(effects, now);
      const { seq } = this.journal;
      const version = this.#decider.stateVersion;
      this.#snapshots.write({ seq, version, state: this.textOf(next) }, this.aside(), this.timers.takeText());
    });
    this.state = next;
    // What most commits do not touch costs them nothing: a report sets no timer and sends nothing.
    const toSend = this.outbox.takeTouched();
    if (this.timers.takeTouched() || toSend) this.#arm();
    if (toSend) this.ctx.waitUntil(this.drain());
    if (events.length > 0) this.onCommitted();
  }

  /** One transaction; what is known of the tables in memory goes with it when it is rolled back. */
  #write(change: () => void): void {
    try {
      this.ctx.storage.transactionSync(() => {
        if (this.#isNew) createActorSchema(this.ctx.storage.sql, this.#schema);
        change();
      });
      this.#isNew = false;
    } catch (error) {
      this.journal.restore(this.#isNew);
      this.outbox.forget(this.#isNew);
      this.timers.forget(this.#isNew);
      throw error;
    }
  }

  #apply(effects: readonly Effect[], now: number): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case "send":
          this.outbox.add([effect], now);
          break;
        case "confirm":
          this.outbox.confirm(effect.target, effect.key);
          break;
        case "timer":
          this.timers.set(effect.name, effect.dueAtMs);
          break;
        case "clear-timer":
          this.timers.clear(effect.name);
          break;
        case "clear-timers":
          this.timers.clearAll();
          break;
      }
    }
  }

  /** One alarm serves all: it is set to the earliest due time, and only when that is earlier than what is set. */
  #arm(): void {
    const times = [this.timers.nextAt(), this.outbox.nextAt()].filter((time) => time !== null);
    if (times.length === 0) {
      // An object with nothing to wait for is not woken for it.
      if (this.#armedAt !== null) this.ctx.waitUntil(this.ctx.storage.deleteAlarm());
      this.#armedAt = null;
      return;
    }
    const at = Math.max(Math.min(...times), this.now() + 1);
    if (this.#armedAt !== null && this.#armedAt <= at && this.#armedAt > this.now()) return;
    this.#armedAt = at;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at));
  }

  override async alarm(): Promise<void> {
    this.#alarming = true;
    try {
      await this.#takeUp();
    } finally {
      this.#alarming = false;
    }
  }

  async #takeUp(): Promise<void> {
    this.#armedAt = null;
    // Re-arm first: whatever happens below, the object wakes again. The time varies, so that crashes at a steady beat do
    // not meet the same alarm each time.
    await this.ctx.storage.setAlarm(this.now() + REARM_MS + Math.round(Math.random() * REARM_SPREAD_MS));
    try {
      const now = this.now();
      for (const timer of this.timers.due(now)) await this.#fire(timer, now);
      await this.drain();
    } catch (error) {
      this.logFault("alarm_failed", error);
    }
    const times = [this.timers.nextAt(), this.outbox.nextAt()].filter((time) => time !== null);
    if (times.length === 0) {
      // What was set while this alarm ran goes with it: the next commit has to set its own.
      this.#armedAt = null;
      await this.ctx.storage.deleteAlarm();
      return;
    }
    this.#arm();
  }

  async #fire(timer: { name: string; dueAt: number; attempts: number }, now: number): Promise<void> {
    try {
      await this.onTimer(timer.name, now);
      this.timers.fired(timer.name, timer.dueAt);
    } catch (error) {
      this.logFault("timer_failed", error);
      this.timers.postpone(timer.name, now + backoffMs(TIMER_RETRY, timer.attempts + 1, Math.random()));
    }
  }

  /** Sends what is due, the targets side by side, so that a slow one holds up no other. */
  protected async drain(): Promise<void> {
    const { added } = this.outbox;
    const due = [...this.outbox.allDue(this.now())].filter(([target]) => !this.#busy.has(target));
    await Promise.all(due.map(([target, rows]) => this.#drainTarget(target, rows, added)));
    this.outbox.flush();
    this.#arm();
  }

  /** In order; after a failure the target is left alone until its delay is over. `rows` are due, when `added` were there. */
  async #drainTarget(target: string, rows: readonly OutboxRow[], added: number): Promise<void> {
    this.#busy.add(target);
    try {
      for (let due = rows, seen = added; due.length > 0 && (await this.#sendInOrder(due));) {
        // Nothing can have become due but what was added meanwhile, or did not fit.
        if (this.outbox.added === seen && due.length < DUE_AT_ONCE) return;
        seen = this.outbox.added;
        due = this.outbox.due(target, this.now());
      }
    } finally {
      this.#busy.delete(target);
    }
  }

  /** False when a row did not arrive; those after it are not sent. */
  async #sendInOrder(rows: readonly OutboxRow[]): Promise<boolean> {
    for (const row of rows) {
      const settlingMs = this.settlingMs(row);
      try {
        if (settlingMs > 0) this.outbox.began(row, this.now() + settlingMs);
        await within(DELIVERY_TIMEOUT_MS, this.deliver(row), noAnswer);
        this.outbox.delivered(row, this.now(), Math.random());
        // A row that says that it is under way holds back what comes after it.
        if (settlingMs > 0) this.outbox.flush();
      } catch (error) {
        this.outbox.failed(row, this.now(), Math.random(), settlingMs);
        this.logFault("delivery_failed", error);
        return false;
      }
    }
    return true;
  }

  /** One JSON line for the operator; never a payload. */
  protected logFault(event: string, error: unknown): void {
    // eslint-disable-next-line no-console -- the platform's log is the console
    console.error(
      JSON.stringify({
        event,
        object: this.constructor.name,
        error: error instanceof Error ? error.message : String(error),
      }),
    );
  }
}
