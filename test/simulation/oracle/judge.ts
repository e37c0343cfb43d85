/** Everything that a finished run is judged by. Knows the project's tables and event names, none of its rules. */
import type { World } from "../world.ts";
import { type JobJournal, judgeFindings } from "./asset-findings.ts";
import { judgeBucket, judgeIndex, judgeOrders } from "./asset-outside.ts";
import { liveThrough } from "./asset-course.ts";
import { judgeCommands, judgeReports, judgeSilence } from "./acknowledged.ts";
import { judgeCourse } from "./job-course.ts";
import { hasJournal, readJournal } from "./journal.ts";
import { judgeRest } from "./liveness.ts";
import { judgeSettlement, judgeSums, settlementsOf } from "./money.ts";
import { judgeRuns } from "./providers.ts";
import { judgeResumption } from "./resumption.ts";

export type Violation = { readonly subject: string; readonly what: string };

export function judge(world: World): Violation[] {
  const violations: Violation[] = [...world.ledger.violations];
  const blame = (subject: string, faults: readonly string[]): void => {
    for (const what of faults) violations.push({ subject, what });
  };
  for (const name of world.objects.GPU_JOB.hosts.keys()) blame(name, judgeJob(world, name));
  for (const { target, command, answer } of world.ledger.commands) {
    const there = world.objects.GPU_JOB.hosts.has(target) || world.ledger.assets.has(target);
    if (command === "submit" && answer?.ok === true && !there) blame(target, ["it was submitted and is not there"]);
  }
  const jobs = jobsByAsset(world);
  for (const name of world.ledger.assets) blame(name, judgeAsset(world, name, jobs.get(name) ?? []));
  for (const host of world.hosts()) blame(host.name, judgeRest(host));
  for (const host of world.objects.TENANT.hosts.values()) blame(host.name, judgeSums(host.sql));
  return violations;
}

function judgeJob(world: World, name: string): string[] {
  const { sql } = world.objects.GPU_JOB.host(name);
  const { entries, faults } = hasJournal(sql) ? readJournal(sql) : { entries: [], faults: [] };
  const submitted = world.ledger
    .commandsTo(name)
    .some(({ command, answer }) => command === "submit" && answer?.ok === true);
  // Somebody asked for a job that was never submitted, or whose submission was withdrawn.
  if (entries.length === 0 && !submitted) return faults;
  const [tenant = "", jobId = ""] = name.split("/");
  const settled = settlementsOf(world.objects.TENANT.hosts.get(tenant)?.sql);
  const logs = world.ledger.attemptsOf(name);
  return [
    ...faults,
    ...judgeCourse(entries),
    ...logs.flatMap((log) => [
      ...judgeReports(entries, log),
      ...judgeSilence(entries, log),
      ...judgeResumption(entries, log),
    ]),
    ...judgeCommands(entries, world.ledger.commandsTo(name)),
    ...judgeSettlement(jobId, entries, settled),
    ...judgeRuns(name, entries, [...world.sites.values()]),
  ];
}

/** The journals of all jobs, by the asset that they work on. */
function jobsByAsset(world: World): Map<string, JobJournal[]> {
  const jobs = [...world.objects.GPU_JOB.hosts].map(([name, { sql }]) => {
    const entries = hasJournal(sql) ? readJournal(sql).entries : [];
    const spec = entries[0]?.data["spec"] as { tenant: string; assetId: string } | undefined;
    return { jobId: name.split("/")[1] ?? "", entries, asset: `${spec?.tenant ?? ""}/${spec?.assetId ?? ""}` };
  });
  return Map.groupBy(jobs, ({ asset }) => asset);
}

function judgeAsset(world: World, name: string, jobs: readonly JobJournal[]): string[] {
  const { sql } = world.objects.MEDIA_ASSET.host(name);
  if (!hasJournal(sql)) return ["it is not there"];
  const { entries, faults } = readJournal(sql);
  const life = liveThrough(entries);
  return [
    ...faults,
    ...life.faults,
    ...judgeFindings(entries, jobs, sql),
    ...judgeIndex(entries, life, world.index.assets.get(name)),
    ...judgeBucket(name, entries, life, world.bucket),
    ...judgeOrders(entries, world.ledger.commandsTo(name)),
  ];
}
