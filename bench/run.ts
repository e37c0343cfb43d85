/**
 * `npm run bench [-- --quick] [--only rounds,batched,fixed,growth,bill,gateway,login] [--json F]`: the ordered checkpointed job on
 * AIMA and on the limit, both on bare workerd with their objects on this machine's disk, in turns, in this run.
 *
 * Figures are ratios to that limit; absolute ones hold for this machine and this minute. Other systems (Restate,
 * BullMQ, Celery, pg-boss …) are not run here. Ends with code 1 when a job lost, repeated or reordered a report, or
 * when a report of the hot path takes more than one call between objects, or when authentication and limits add more
 * to a request than they may.
 */
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { Connection } from "./connection.ts";
import { billOfAssets, billOfJobs } from "./count-jobs.ts";
import type { Load } from "./driver.ts";
import { type Growth, type LongJob, measureLongJob, measureOpenJobs } from "./growth.ts";
import { costOfReports, isChatty, type ReportCost } from "./hot-path.ts";
import { type Bill } from "./bill.ts";
import { PRICES } from "./prices.ts";
import * as report from "./report.ts";
import { type Measured, measureRounds } from "./rounds.ts";
import { type GatewayFinding, measureGateway, meetsGoal } from "./gateway/measure.ts";
import { type CacheSize, measureCaches } from "./gateway/memory.ts";
import { cachesTable, gatewayTable } from "./gateway/table.ts";
import { type LoginFinding, measureLogins } from "./login/measure.ts";
import { loginTable } from "./login/table.ts";
import { BOOTSTRAP_SECRET, buildGateway, buildLogin, buildSystems, type Systems } from "./systems.ts";
import { Workerd, type WorkerdSpec } from "./workerd.ts";

const PARTS = ["rounds", "batched", "fixed", "growth", "bill", "gateway", "login"] as const;
type Part = (typeof PARTS)[number];

const { values: options } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" }, json: { type: "string" } },
});
const parts = (options.only?.split(",") ?? PARTS) as readonly Part[];
const unknown = parts.find((part) => !PARTS.includes(part));
if (unknown !== undefined) throw new Error(`There is no part ${unknown}: ${PARTS.join(", ")}`);

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const seconds = (full: number, quick: number): number => (options.quick ? quick : full) * 1000;
/** Outbox nets and leases of what has ended are due by then. */
const ALARMS_SECONDS = 7;

const ROUNDS = options.quick ? 1 : 3;

const closed = (reportsPerJob: number, reportsPerRequest: number, measureMs: number): Load => ({
  connections: 32,
  reportsPerJob,
  reportsPerRequest,
  warmUp: { ms: seconds(3, 1.5), jobs: 200 },
  measureMs,
  jobsPerSecond: null,
});

type Counted = {
  readonly hotPath: readonly ReportCost[];
  readonly jobs: Bill;
  readonly assets: Bill;
};

const found: {
  machine: { processors: number; loadBefore: number };
  rounds?: readonly Measured[];
  newAssets?: readonly Measured[];
  batched?: readonly Measured[];
  fixed?: readonly Measured[];
  growth?: Growth;
  longJobs?: readonly LongJob[];
  counted?: Counted;
  gateway?: GatewayFinding;
  gatewayCaches?: readonly CacheSize[];
  login?: LoginFinding;
  prices: typeof PRICES;
  seconds: number;
} = { machine: { processors: cpus().length, loadBefore: loadavg()[0] ?? 0 }, prices: PRICES, seconds: 0 };

const startedAt = performance.now();
say(`${found.machine.processors} processors, load ${found.machine.loadBefore.toFixed(2)} before the start.`);
say("Building the Workers.");
if (parts.some((part) => part !== "gateway" && part !== "login")) await jobs(await buildSystems());
if (parts.includes("gateway")) await gateway(await buildGateway());
if (parts.includes("login")) await login(await buildLogin());
found.seconds = (performance.now() - startedAt) / 1000;
say(`\nTook ${found.seconds.toFixed(0)} s. Peers are not run here.`);
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(found, null, 2)}\n`);

async function jobs(systems: Systems): Promise<void> {
  if (parts.includes("rounds")) await rounds(systems);
  if (parts.includes("batched")) await batched(systems);
  if (parts.includes("fixed")) await atFixedRate(systems);
  if (parts.includes("growth")) await growth(systems);
  if (parts.includes("bill")) await bills(systems);
}

async function rounds({ bare, aima, aimaNewAssets }: Systems): Promise<void> {
  found.rounds = await measureRounds([bare, aima], closed(5, 1, seconds(5, 3)), ROUNDS);
  say(`\nFive reports a job, one a request, 32 connections, median of ${ROUNDS}:`);
  say(report.roundsTable(found.rounds));
  sayOthers(found.rounds);
  if (options.quick) return;
  found.newAssets = await measureRounds([aimaNewAssets], closed(5, 1, seconds(5, 3)), 1);
  say(report.roundsTable([...found.rounds.slice(0, 1), ...found.newAssets]));
}

async function batched({ bare, aima }: Systems): Promise<void> {
  found.batched = await measureRounds([bare, aima], closed(50, 10, seconds(3, 2)), ROUNDS);
  say(`\nFifty reports a job, ten a request, 32 connections, median of ${ROUNDS}:`);
  say(report.roundsTable(found.batched));
  sayOthers(found.batched);
}

async function atFixedRate({ bare, aima }: Systems): Promise<void> {
  const load: Load = { ...closed(5, 1, seconds(5, 3)), jobsPerSecond: 30 };
  found.fixed = await measureRounds([bare, aima], load, ROUNDS);
  say(`\nThirty jobs begin each second (open loop), median of ${ROUNDS}:`);
  say(report.roundsTable(found.fixed));
  sayOthers(found.fixed);
  for (const { system, median } of found.fixed) {
    if (median.late > 0) say(`${system}: ${median.late} jobs began late, for want of a free connection.`);
  }
}

async function growth({ aimaClockAhead }: Systems): Promise<void> {
  found.growth = await measureOpenJobs(
    aimaClockAhead,
    options.quick ? [100, 1_000] : [100, 1_000, 10_000],
    seconds(3, 2),
    !options.quick,
  );
  say("\nA whole job while others are open (created, claimed, one report; their alarms an hour away):");
  say(report.growthTable(found.growth));
  const lengths = options.quick ? [1_000] : [1_000, 10_000];
  const jobs: LongJob[] = [];
  for (const length of lengths) jobs.push(await measureLongJob(aimaClockAhead, length, 300));
  found.longJobs = jobs;
  say(`\n${report.longJobsTable(jobs)}`);
}

async function bills({ aimaCounted }: Systems): Promise<void> {
  await Workerd.during(aimaCounted.spec, async (server) => {
    const connection = await Connection.open(server.port);
    const [jobs, assets] = options.quick ? [10, 5] : [50, 20];
    const alarmsMs = seconds(ALARMS_SECONDS, 0);
    const ofJobs = await billOfJobs(connection, aimaCounted.client, jobs, alarmsMs);
    const ofAssets = await billOfAssets(connection, assets, alarmsMs);
    const hotPath = await costOfReports(connection, aimaCounted.client);
    found.counted = { hotPath, jobs: ofJobs, assets: ofAssets };
    say(`\n${report.hotPathTable(hotPath)}`);
    say(`\n${report.billTable("jobs (claimed by lease, five checkpoints)", ofJobs, jobs)}`);
    say(`\n${report.billTable("assets (short recordings, upload to index, with their jobs)", ofAssets, assets)}`);
    say(report.heartbeatNote(hotPath));
    say(report.DURATION_NOTE);
    say(
      `Prices beyond what the plan includes, as stored in 2026: ${[...new Set(Object.values(PRICES).map(({ source }) => source))].join(", ")}.`,
    );
    const chatty = hotPath.filter(isChatty);
    if (chatty.length > 0) {
      say(`More than one call between objects: ${chatty.map(({ kind }) => kind).join(", ")}`);
      process.exitCode = 1;
    }
    connection.close();
  });
}

async function gateway(spec: WorkerdSpec): Promise<void> {
  const load = {
    bootstrapSecret: BOOTSTRAP_SECRET,
    requestsPerTurn: 50,
    warmUpRequests: options.quick ? 1_000 : 3_000,
  };
  found.gateway = await measureGateway(spec, { ...load, rounds: ROUNDS + 2, turns: options.quick ? 30 : 80 });
  say("\nA route that does nothing, one request at a time, without authentication and limits and with them:");
  say(gatewayTable(found.gateway));
  sayBusy(found.gateway.othersBusy);
  if (!meetsGoal(found.gateway)) process.exitCode = 1;
  found.gatewayCaches = await measureCaches(spec);
  say("\nWhat the gateway holds of requests before, each cache at its bound:");
  say(cachesTable(found.gatewayCaches));
}

async function login(spec: WorkerdSpec): Promise<void> {
  const load = {
    bootstrapSecret: BOOTSTRAP_SECRET,
    blocks: options.quick ? 3 : 5,
    loginsPerBlock: options.quick ? 2 : 5,
  };
  found.login = await measureLogins(spec, load);
  say("\nA login with a wrong password, one at a time, by what there is of its address:");
  say(loginTable(found.login));
  sayBusy(found.login.othersBusy);
}

/** A figure from a busy machine is marked as one. */
function sayOthers(measured: readonly Measured[]): void {
  sayBusy(Math.max(...measured.flatMap(({ rounds: each }) => each.map(({ othersBusy }) => othersBusy))));
}

function sayBusy(busy: number): void {
  if (busy > 0.2) say(`Other programs kept ${busy.toFixed(1)} processors busy meanwhile: repeat on a quiet machine.`);
}
