/** One run: a few tenants, their assets and jobs, agents, faults for a while, then calm until everything has ended. */
import { Agent } from "./actors/agent.ts";
import { AssetClient } from "./actors/asset-client.ts";
import { specOf, submitJob } from "./actors/job-client.ts";
import { keepHouse } from "./actors/operator.ts";
import { unleash } from "./actors/nemesis.ts";
import { judgeRebirth } from "./oracle/rebirth.ts";
import { judge, type Violation } from "./oracle/judge.ts";
import { hasJournal, readJournal, typesOf } from "./oracle/journal.ts";
import { isEndType } from "./oracle/job-course.ts";
import { PROJECT } from "./project-code.ts";
import { Random } from "./platform/random.ts";
import { RATES } from "./rates.ts";
import { World } from "./world.ts";

const HOUR_MS = 3_600_000;
/** How often it is looked whether everything has ended. */
const LOOK_MS = 20_000;

export type SeedResult = {
  readonly seed: number;
  readonly traceHash: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly faultTotal: number;
  readonly jobs: number;
  readonly succeeded: number;
  readonly acknowledged: number;
  readonly simulatedMs: number;
  readonly tasks: number;
  readonly violations: readonly Violation[];
  /** Of the first thing violated; empty when nothing is. */
  readonly trace: readonly string[];
};

export async function runSeed(seed: number): Promise<SeedResult> {
  const world = new World(seed, PROJECT, RATES);
  try {
    const startedAtMs = world.scheduler.nowMs;
    const agents = populate(world);
    unleash(world);
    const calmAtMs = world.scheduler.nowMs + world.random.int(5, 40) * 60_000;
    const chaos = await world.scheduler.run(() => world.scheduler.nowMs >= calmAtMs, Number.POSITIVE_INFINITY);
    world.faults.active = false;
    world.trace.add("world", `calm (${chaos})`);
    let nextLookMs = 0;
    const over = (): boolean => {
      if (world.scheduler.nowMs < nextLookMs) return false;
      nextLookMs = world.scheduler.nowMs + LOOK_MS;
      return allEnded(world);
    };
    const ended = await world.scheduler.run(over, world.scheduler.nowMs + 30 * HOUR_MS);
    world.trace.add("world", `ended (${ended})`);
    world.settled = true;
    for (const agent of agents) agent.stop();
    const rest = await world.scheduler.run(() => false, world.scheduler.nowMs + 45 * 24 * HOUR_MS);
    world.trace.add("world", `at rest (${rest})`);
    if (rest !== "idle") world.ledger.violate("world", "it does not come to rest");
    const simulatedMs = world.scheduler.nowMs - startedAtMs;
    await judgeRebirth(world);
    return result(world, simulatedMs);
  } finally {
    world.close();
  }
}

function populate(world: World): Agent[] {
  const { random } = world;
  const agents = Array.from({ length: random.int(2, 4) }, (_, number) => new Agent(world, number));
  for (const agent of agents) agent.start();
  const tenant = (): string => `ten_sim${random.int(1, 2)}`;
  const idOf = (n: number): string => String(n).padStart(26, "0");
  const assets = random.int(3, 8);
  for (let n = 0; n < assets; n += 1) {
    const asset = new AssetClient(world, tenant(), `ast_${idOf(n)}`);
    world.scheduler.after(random.skewed(0, 300_000), () => asset.start());
  }
  const sites = [...world.sites.values()];
  world.siteFor = (job) => {
    // A third of all jobs go to providers, each always to the same one.
    const choice = new Random(world.seed, `site ${job}`);
    return choice.chance(0.35) ? (sites[choice.int(0, sites.length - 1)] ?? null) : null;
  };
  const jobs = random.int(0, 3);
  for (let n = 0; n < jobs; n += 1) {
    const job = { tenant: tenant(), jobId: `job_${idOf(n)}`, assetId: `ast_none${idOf(n)}` };
    const steps = Array.from({ length: random.int(1, 5) }, (_, step) => `step-${step}`);
    const spec = { ...specOf(job, steps), requiresConfirmation: random.chance(0.2) };
    world.scheduler.after(random.skewed(0, 300_000), () => submitJob(world, job, spec));
  }
  keepHouse(world);
  return agents;
}

/** Whether every job has ended, and every asset but those whose content nobody will bring. */
function allEnded(world: World): boolean {
  for (const { sql } of world.objects.GPU_JOB.hosts.values()) {
    const types = typesOf(sql);
    if (types.length > 0 && !types.some(isEndType)) return false;
  }
  for (const name of world.ledger.assets) {
    const host = world.objects.MEDIA_ASSET.hosts.get(name);
    if (host === undefined || !atRest(typesOf(host.sql))) return false;
  }
  return true;
}

/** The newest of these events decides whether anything is going on. */
function atRest(types: readonly string[]): boolean {
  const turn = types.findLast((type) => RESTS.has(type) || MOVES.has(type));
  return turn !== undefined && RESTS.has(turn);
}

const RESTS = new Set(["UploadBegun", "UploadExpired", "AssetRefused", "AnalysisFinished", "AssetDeleted"]);
const MOVES = new Set(["AssetCreated", "UploadCompleted", "ContentStored", "AnalysisStarted", "AnalysisRestarted"]);

function result(world: World, simulatedMs: number): SeedResult {
  const violations = judge(world);
  const journals = [...world.objects.GPU_JOB.hosts.values()]
    .map(({ sql }) => (hasJournal(sql) ? readJournal(sql).entries : []))
    .filter((entries) => entries.length > 0);
  let acknowledged = 0;
  for (const { reports } of world.ledger.attempts.values()) {
    for (const { ackedAtMs } of reports.values()) if (ackedAtMs !== null) acknowledged += 1;
  }
  const [first] = violations;
  return {
    seed: world.seed,
    traceHash: world.trace.digest(),
    faults: Object.fromEntries(world.faults.counts),
    faultTotal: world.faults.total,
    jobs: journals.length,
    succeeded: journals.filter((entries) => entries.some(({ type }) => type === "JobSucceeded")).length,
    acknowledged,
    simulatedMs,
    tasks: world.scheduler.tasksRun,
    violations,
    trace: first === undefined ? [] : world.trace.last([first.subject.split(":").at(-1) ?? first.subject], 40),
  };
}
