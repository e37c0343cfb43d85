/**
 * An object's database: SQLite in memory, behind the platform's interface, with its durability.
 *
 * D1 What is written in one turn (until the microtasks are done) becomes durable together, some milliseconds later;
 *    turns become durable in their order.
 * D2 A crash takes away turns that are not yet durable, newest first, always whole ones.
 * D3 `transactionSync` is all or nothing within its turn.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { Scheduler } from "./scheduler.ts";

type Turn = { readonly number: number; readonly alarmBefore: number | null; flushed: boolean };
type Row = Record<string, SQLInputValue>;

export class DurableSql {
  readonly #db = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, { statement: StatementSync; writes: boolean; answers: boolean }>();
  readonly #scheduler: Scheduler;
  readonly #flushMs: () => number;
  readonly #fixed: Record<"BEGIN" | "COMMIT", StatementSync>;
  #turns: Turn[] = [];
  #open: Turn | null = null;
  #lastTurn = 0;
  #flushedTurn = 0;
  #lastFlushAtMs = 0;
  #depth = 0;
  #waiting: { readonly turn: number; readonly resolve: () => void }[] = [];
  /** When the object's alarm is due; part of what a turn writes. */
  alarmAtMs: number | null = null;
  rowsWritten = 0;

  constructor(scheduler: Scheduler, flushMs: () => number) {
    this.#scheduler = scheduler;
    this.#flushMs = flushMs;
    this.#fixed = { BEGIN: this.#db.prepare("BEGIN"), COMMIT: this.#db.prepare("COMMIT") };
  }

  exec(query: string, bindings: readonly unknown[]): { rows: Row[]; rowsWritten: number } {
    const { statement, writes, answers } = this.#prepare(query);
    // SAFETY: the platform takes the same kinds of values and refuses the others, as SQLite does here.
    const values = bindings as SQLInputValue[];
    if (writes) this.beginTurn();
    if (answers) {
      // SAFETY: no statement here reads BLOBs as anything else.
      const rows = statement.all(...values) as Row[];
      return { rows, rowsWritten: writes ? rows.length : 0 };
    }
    const { changes } = statement.run(...values);
    this.rowsWritten += Number(changes);
    return { rows: [], rowsWritten: Number(changes) };
  }

  transaction<T>(run: () => T): T {
    this.beginTurn();
    const name = `within${(this.#depth += 1)}`;
    this.#db.exec(`SAVEPOINT ${name}`);
    try {
      const result = run();
      this.#db.exec(`RELEASE ${name}`);
      return result;
    } catch (error) {
      this.#db.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  /** From here on something is written that has to become durable. */
  beginTurn(): void {
    if (this.#open !== null) return;
    if (this.#turns.length === 0) this.#fixed.BEGIN.run();
    const turn = { number: (this.#lastTurn += 1), alarmBefore: this.alarmAtMs, flushed: false };
    this.#db.exec(`SAVEPOINT turn${turn.number}`);
    this.#turns.push(turn);
    this.#open = turn;
    this.#scheduler.atEndOfTask(() => this.#endTurn(turn));
  }

  get unsaved(): boolean {
    return this.#flushedTurn < this.#lastTurn;
  }

  /** Null when everything written is durable. */
  flushed(): Promise<void> | null {
    if (!this.unsaved) return null;
    const turn = this.#lastTurn;
    return new Promise((resolve) => this.#waiting.push({ turn, resolve }));
  }

  /** The turns after a point between the last durable and the last written are gone. Answers how many. */
  crash(lost: (from: number, to: number) => number): number {
    const open = this.#turns.filter(({ flushed }) => !flushed);
    this.#waiting = [];
    this.#open = null;
    const [first] = open;
    if (first === undefined) return 0;
    const from = lost(first.number, this.#lastTurn + 1);
    const earliest = open.find(({ number }) => number === from);
    if (earliest !== undefined) {
      this.#db.exec(`ROLLBACK TO turn${from}`);
      this.alarmAtMs = earliest.alarmBefore;
    }
    this.#fixed.COMMIT.run();
    this.#turns = [];
    this.#flushedTurn = this.#lastTurn;
    return this.#lastTurn + 1 - from;
  }

  close(): void {
    this.#db.close();
  }

  /** Rows as they stand, for those who judge the run. */
  look<T>(query: string, ...bindings: SQLInputValue[]): T[] {
    // SAFETY: whoever looks knows the columns asked for.
    return this.#db.prepare(query).all(...bindings) as T[];
  }

  #endTurn(turn: Turn): void {
    if (this.#open !== turn) return;
    this.#open = null;
    this.#lastFlushAtMs = Math.max(this.#lastFlushAtMs, this.#scheduler.nowMs + this.#flushMs());
    this.#scheduler.at(this.#lastFlushAtMs, () => this.#flush(turn));
  }

  #flush(turn: Turn): void {
    if (!this.#turns.includes(turn)) return;
    turn.flushed = true;
    this.#flushedTurn = turn.number;
    if (this.#open === null && this.#turns.at(-1) === turn) {
      this.#fixed.COMMIT.run();
      this.#turns = [];
    }
    const ready = this.#waiting.filter((each) => each.turn <= turn.number);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((each) => each.turn > turn.number);
    for (const { resolve } of ready) resolve();
  }

  #prepare(query: string): { statement: StatementSync; writes: boolean; answers: boolean } {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const reads = /^\s*(select|with|pragma)\b/i.test(query);
    const made = {
      statement: this.#db.prepare(query),
      writes: !reads,
      answers: reads || /\breturning\b/i.test(query),
    };
    this.#statements.set(query, made);
    return made;
  }
}
