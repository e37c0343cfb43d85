/** Changes to the project's code that break a promise each: the simulation has to notice every one. */
export type Edit = {
  /** From the repository's root. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
};

export type Mutant = { readonly name: string; readonly edits: readonly Edit[] };

const one = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  edits: [{ file, find, replace }],
});

const JOB = "durable-objects/gpu-job/core";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "drop the fence",
    edits: [
      {
        file: `${JOB}/decide-report.ts`,
        find: "state.attempts.at(-1)?.number !== attempt || (currentAttempt(state) === null && !TERMINAL.has(state.status))",
        replace: "state.attempts.length < attempt",
      },
    ],
  },
  one(
    "skip the dedupe",
    `${JOB}/report-window.ts`,
    "if (report.seq <= window.applied || window.held.has(report.seq) || fresh.has(report.seq)) duplicates += 1;",
    "if (window.held.has(report.seq) || fresh.has(report.seq)) duplicates += 1; else if (report.seq <= window.applied) apply.push(report);",
  ),
  one(
    "terminal states are left again",
    `${JOB}/decide-report.ts`,
    "if (TERMINAL.has(state.status)) return NOTHING;",
    "",
  ),
  one(
    "a checkpoint goes back",
    `${JOB}/decide-report.ts`,
    "newest.nextSegment > nextSegment) return NOTHING;",
    "false) return NOTHING;",
  ),
  one(
    "forget the re-arm",
    "durable-objects/runtime/actor.ts",
    "    this.state = next;\n    this.#arm();",
    "    this.state = next;",
  ),
];
