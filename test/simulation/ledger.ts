/**
 * What the world outside was promised: every report and command that was sent, and whether it was acknowledged. The
 * judges compare it with what the objects hold at the end.
 */
import type { Report } from "../../shared/contracts/agent.ts";

export type SentReport = {
  readonly report: Report;
  /** False for a report that tells a lie: nothing is promised for it. */
  readonly honest: boolean;
  /** When the first answer said that it is durable; null when none did. */
  ackedAtMs: number | null;
};

export type AttemptLog = {
  readonly job: string;
  readonly attempt: number;
  readonly who: string;
  readonly grantedAtMs: number;
  /** Steps that the grant asked for. */
  readonly steps: readonly string[];
  /** The segment it began with, from the checkpoint it read. */
  startSegment: number;
  /** Whether the newest checkpoint of the grant was readable. */
  readNewest: boolean;
  readonly reports: Map<number, SentReport>;
};

export type CommandLog = {
  readonly target: string;
  readonly command: string;
  readonly detail: string;
  readonly sentAtMs: number;
  /** Null when nobody answered; a refusal is an answer that promises nothing. */
  readonly answer: {
    readonly ok: boolean;
    readonly code: string | null;
    readonly atMs: number;
    /** The newest event that the answer knows of; null where it names none. */
    readonly seq: number | null;
  } | null;
};

export class Ledger {
  /** By `tenant/job#attempt`, then by who had it: a grant can reach nobody, never two. */
  readonly attempts = new Map<string, AttemptLog>();
  readonly commands: CommandLog[] = [];
  /** `tenant/asset` of every asset that somebody wants to bring in. */
  readonly assets = new Set<string>();
  /** What was noticed on the way and must not be. */
  readonly violations: { readonly subject: string; readonly what: string }[] = [];

  #byTarget: { counted: number; commands: Map<string, CommandLog[]> } = { counted: 0, commands: new Map() };

  violate(subject: string, what: string): void {
    this.violations.push({ subject, what });
  }

  attemptsOf(job: string): AttemptLog[] {
    return [...this.attempts.values()].filter((log) => log.job === job);
  }

  /** In the order of their answers. */
  commandsTo(target: string): CommandLog[] {
    if (this.#byTarget.counted !== this.commands.length) {
      this.#byTarget = {
        counted: this.commands.length,
        commands: Map.groupBy(this.commands, (command) => command.target),
      };
    }
    return this.#byTarget.commands.get(target) ?? [];
  }

  grant(log: AttemptLog): void {
    const name = `${log.job}#${log.attempt}`;
    const known = this.attempts.get(name);
    if (known === undefined) this.attempts.set(name, log);
    else this.violate(log.job, `attempt ${log.attempt} was granted to ${known.who} and to ${log.who}`);
  }
}
