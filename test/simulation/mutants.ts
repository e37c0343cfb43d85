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

const JOB = "durable-objects/gpu-job";
const RUNTIME = "durable-objects/runtime";
const ASSET = "durable-objects/media-asset";

export const MUTANTS: readonly Mutant[] = [
  one(
    "drop the fence",
    `${JOB}/core/decide-report.ts`,
    "state.attempts.at(-1)?.number !== attempt || (currentAttempt(state) === null && !TERMINAL.has(state.status))",
    "state.attempts.length < attempt",
  ),
  one(
    "skip the dedupe",
    `${JOB}/core/report-window.ts`,
    "const apply: Report[] = [];",
    "const apply: Report[] = batch.filter(({ seq }) => seq <= window.applied);",
  ),
  one(
    "publish before persist",
    `${RUNTIME}/actor.ts`,
    "    let next = this.state;\n    const effects: Effect[] = [];",
    `    let next = this.state;
    for (const event of events) {
      for (const effect of this.effects(this.#decider.evolve(this.state, event, now), event, now)) {
        if (effect.kind === "send") void this.deliver({ id: 0, attempts: 0, ...effect }).catch(() => undefined);
      }
    }
    const effects: Effect[] = [];`,
  ),
  {
    name: "forget the re-arm after a commit",
    edits: [
      { file: `${RUNTIME}/actor.ts`, find: "if (this.timers.takeTouched() || toSend) this.#arm();", replace: "" },
      { file: `${RUNTIME}/actor.ts`, find: "this.outbox.flush();\n    this.#arm();", replace: "this.outbox.flush();" },
    ],
  },
  one(
    "forget the re-arm after an alarm",
    `${RUNTIME}/actor.ts`,
    "    if (times.length === 0) {\n      // What was set",
    "    if (times.length > 0) {\n      // What was set",
  ),
  one(
    "trust the webhook",
    `${JOB}/object.ts`,
    'const dueAtMs = this.timers.at("poll");',
    'this.execute({ type: "observe-success", attempt }); const dueAtMs = this.timers.at("poll");',
  ),
  one("leave a terminal state", `${JOB}/core/decide-report.ts`, "if (TERMINAL.has(state.status)) return NOTHING;", ""),
  one(
    "let a checkpoint go back",
    `${JOB}/core/decide-report.ts`,
    "newest.nextSegment > nextSegment) return NOTHING;",
    "false) return NOTHING;",
  ),
  one(
    "remove an outbox row before it arrives",
    `${RUNTIME}/actor.ts`,
    "        await within(DELIVERY_TIMEOUT_MS, this.deliver(row), noAnswer);\n        this.outbox.delivered(row, this.now(), Math.random());",
    `        this.outbox.delivered(row, this.now(), Math.random());
        this.outbox.flush();
        await within(DELIVERY_TIMEOUT_MS, this.deliver(row), noAnswer);`,
  ),
  one(
    "record the idempotency key apart from its effect",
    `${ASSET}/object.ts`,
    `    const created = this.execute({ type: "create", ...command }, () => {
      this.idempotency.record("create", fingerprint, null, this.now());
    });`,
    `    this.idempotency.record("create", fingerprint, null, this.now());
    await new Promise((resolve) => setTimeout(resolve, 20));
    const created = this.execute({ type: "create", ...command });`,
  ),
  one(
    "never end a lease",
    `${JOB}/core/deadlines.ts`,
    "atMs: lastHeardAtMs + LEASE_SECONDS * 1000",
    "atMs: lastHeardAtMs + 1e12",
  ),
  one(
    "apply held reports out of order",
    `${JOB}/core/report-window.ts`,
    "const hold = [...fresh.values()];",
    "apply.push(...fresh.values()); const hold: Report[] = [];",
  ),
  one(
    "do not write every snapshot",
    `${RUNTIME}/actor.ts`,
    "this.#snapshots.write({ seq,",
    "if (seq % 3 !== 0) this.#snapshots.write({ seq,",
  ),
  one(
    "accept a damaged blob",
    `${JOB}/deliver.ts`,
    'if (createHash("sha256").update(bytes).digest("hex") !== blob.sha256) return null;',
    "",
  ),
  {
    name: "settle as often as told",
    edits: [
      { file: "durable-objects/tenant/usage.ts", find: "if (known) return;", replace: "" },
      {
        file: "durable-objects/tenant/usage.ts",
        find: "INSERT INTO settlements",
        replace: "INSERT OR REPLACE INTO settlements",
      },
    ],
  },
  one(
    "hand out finished steps again",
    `${JOB}/object.ts`,
    "steps: spec.steps.filter(({ id }) => !finishedSteps.includes(id)),",
    "steps: spec.steps,",
  ),
  one("submit without looking", `${JOB}/provider-run.ts`, "(await provider.find(label)) ??", "null ??"),
  {
    name: "leave blobs after a purge",
    edits: [
      {
        file: `${ASSET}/saga-steps.ts`,
        find: 'case "delete-blobs":\n      await deletePrefix(env.MEDIA, prefixOf(world.state()));',
        replace: 'case "delete-blobs":',
      },
      { file: `${ASSET}/saga-steps.ts`, find: "await deletePrefix(bucket, prefixOf(state));", replace: "return;" },
    ],
  },
  one(
    "break the chain",
    `${RUNTIME}/journal.ts`,
    "const prevHash = this.#head.hash;",
    "const prevHash = GENESIS_HASH;",
  ),
];
