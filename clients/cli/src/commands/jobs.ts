import type { AimaClient, Job } from "@aima/sdk";
import { Command, InvalidArgumentError, type Option } from "commander";
import { say, sayJson } from "../output.ts";
import { exportJob, type ExportOptions } from "./export.ts";

type Json = { readonly json: boolean };

function show(job: Job, { json }: Json): void {
  if (json) {
    sayJson(job);
    return;
  }
  const { done, total } = job.steps;
  say(`${job.id}  ${job.status}  ${Math.round(job.progress * 100)} %  priority ${job.priority}`);
  if (job.reason !== null) say(`  ${job.reason.code}: ${job.reason.detail}`);
  say(`  asset ${job.assetId}, ${done} of ${total} steps done`);
  if (job.checkpoint !== null) {
    say(`  checkpoint: goes on with segment ${job.checkpoint.nextSegment}, saved ${job.checkpoint.committedAt}`);
  }
  for (const { number, placement, startedAt, endedAt, cause } of job.attempts) {
    say(
      `  attempt ${number} on ${placement}: ${startedAt} to ${endedAt ?? "now"}${cause === null ? "" : `, ${cause}`}`,
    );
  }
}

function priorityOf(value: string): number {
  const priority = Number(value);
  if (!Number.isInteger(priority) || priority < 0 || priority > 100) throw new InvalidArgumentError("0 to 100.");
  return priority;
}

const OPERATIONS = {
  confirm: "let a job go that waits for confirmation",
  pause: "let the attempt under way hand over, and wait",
  resume: "go on from the last checkpoint",
  cancel: "let the attempt under way hand over, and end",
} as const;

/** `aima jobs …` */
export function jobsCommand(client: () => Promise<AimaClient>, json: () => Option): Command {
  const group = new Command("jobs").description("read and steer jobs");
  group
    .command("get <id>")
    .description("one job: `jobId` of an asset")
    .addOption(json())
    .action(async (id: string, options: Json) => show(await (await client()).jobs.get(id), options));
  for (const name of ["confirm", "pause", "resume", "cancel"] as const) {
    group
      .command(`${name} <id>`)
      .description(OPERATIONS[name])
      .addOption(json())
      .action(async (id: string, options: Json) => show(await (await client()).jobs[name](id), options));
  }
  group
    .command("priority <id> <priority>")
    .description("change when it is served: 0 last, 100 first")
    .addOption(json())
    .action(async (id: string, priority: string, options: Json) =>
      show(await (await client()).jobs.setPriority(id, priorityOf(priority)), options),
    );
  group
    .command("export <id>")
    .description("write the journal to a file that `verify` reads")
    .option("-o, --output <file>", "where to, instead of <id>.journal.jsonl; - for stdout")
    .addOption(json())
    .action(async (id: string, options: ExportOptions) => exportJob(await client(), id, options));
  return group;
}
