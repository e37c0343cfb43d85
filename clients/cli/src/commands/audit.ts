import { writeFile } from "node:fs/promises";
import { type AimaClient, AUDIT_EXPORT_MAX_ROWS, type AuditFilter, type AuditRow, type AuditSpan } from "@aima/sdk";
import { Command, InvalidArgumentError, Option } from "commander";
import { EXIT, Failure } from "../failure.ts";
import { note, plain, say, sayJson } from "../output.ts";
import { exportAudit } from "./export.ts";

type Json = { readonly json: boolean };
type FilterFlags = { -readonly [Name in keyof AuditFilter]: AuditFilter[Name] };

const FILTERS = ["event", "actor", "action", "resource", "outcome", "address", "from", "to"] as const;
const OUTCOMES: readonly NonNullable<AuditFilter["outcome"]>[] = ["success", "failure", "refused", "unknown"];

/** The flags that are filters, without those that were not given. */
const filterOf = (flags: FilterFlags): AuditFilter =>
  Object.fromEntries(FILTERS.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])));

const line = ({ seq, at, event, outcome, actor, resource, reason, address }: AuditRow): string =>
  `${String(seq).padStart(6)}  ${at}  ${event}  ${outcome}${reason === null ? "" : ` (${reason})`}  ${actor.id ?? actor.kind}  ${address}${resource === null ? "" : `  ${resource.id}`}`;

async function list(client: AimaClient, { limit, json, ...flags }: Json & FilterFlags & { readonly limit: number }) {
  let count = 0;
  for await (const row of client.audit.list(filterOf(flags))) {
    if ((count += 1) > limit) break;
    if (json) sayJson(row);
    else say(line(row));
  }
  if (count === 0 && !json) note("There are no such rows.");
}

async function show(client: AimaClient, seq: number, { json }: Json): Promise<void> {
  const row = await client.audit.get(seq);
  if (json) {
    sayJson(row);
    return;
  }
  say(line(row));
  for (const [name, value] of Object.entries(row)) {
    if (typeof value === "object" && value !== null) say(`  ${name}: ${JSON.stringify(value)}`);
  }
  say(`  hash ${row.hash}`);
}

type ExportFlags = Json &
  FilterFlags & { readonly format: "ndjson" | "csv" | "json"; readonly output?: string; readonly after?: number };

async function exported(client: AimaClient, options: ExportFlags): Promise<void> {
  const { format, output, after, json, ...flags } = options;
  const filter = filterOf(flags);
  if (format === "ndjson" ? Object.keys(filter).length > 0 : after !== undefined) {
    const fix = "Filter with --format csv or json; go on after a row with --format ndjson.";
    throw new Failure(EXIT.usage, "The chain takes --after and no filter, the others take filters only.", fix);
  }
  if (format === "ndjson") {
    await exportAudit(client, after ?? 0, { json, ...(output === undefined ? {} : { output }) });
    return;
  }
  const target = output ?? `audit.${format}`;
  const text = await client.audit.export(format, filter);
  if (target === "-") process.stdout.write(text);
  else await kept(target, text);
  const rows = rowsIn(format, text);
  if (rows >= AUDIT_EXPORT_MAX_ROWS)
    note(`only the newest ${rows} rows; narrow it with --from and --to for the others`);
  if (target === "-") return;
  if (json) sayJson({ path: target, format, rows });
  else note(`saved ${rows} rows to ${plain(target)}`);
}

/** For its owner alone; an existing file is kept. */
async function kept(target: string, text: string): Promise<void> {
  try {
    await writeFile(target, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new Failure(EXIT.failure, `${plain(target)} exists.`, "Name another file with --output.");
  }
}

function rowsIn(format: "csv" | "json", text: string): number {
  // Line ends within quotes belong to a cell; the first line has the names.
  if (format === "csv") return text.replaceAll(/"(?:[^"]|"")*"/g, "").split("\r\n").length - 2;
  return (JSON.parse(text) as { rows: unknown[] }).rows.length;
}

async function stats(client: AimaClient, { json, by, from, to }: Json & AuditSpan): Promise<void> {
  const span = {
    ...(by === undefined ? {} : { by }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const found = await client.audit.stats(span);
  if (json) {
    sayJson(found);
    return;
  }
  say(`${found.total} rows`);
  for (const { start, rows, refused } of found.buckets) say(`  ${start}  ${rows} rows, ${refused} refused`);
  for (const { id, rows } of found.topActors) say(`  actor ${id}: ${rows}`);
  for (const { address, rows } of found.topAddresses) say(`  address ${address}: ${rows}`);
}

function instantOf(value: string): string {
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("A time, such as 2026-11-25T09:00:00Z.");
  return new Date(ms).toISOString();
}

const within = (command: Command): Command =>
  command.option("--from <time>", "not before", instantOf).option("--to <time>", "before", instantOf);

const filtered = (command: Command): Command =>
  within(command)
    .option("--event <event>", "such as auth.login")
    .option("--actor <id>", "a user or an API key")
    .option("--action <operation>", "such as createAsset")
    .option("--resource <id>", "what was changed")
    .addOption(new Option("--outcome <outcome>").choices(OUTCOMES))
    .option("--address <address>");

/** `aima audit …` */
export function auditCommand(
  client: () => Promise<AimaClient>,
  limit: (value: string) => number,
  json: () => Option,
): Command {
  const group = new Command("audit").description("who changed what, and what was refused");
  filtered(group.command("list"))
    .description("newest first")
    .option("--limit <n>", "rows at most", limit, 100)
    .addOption(json())
    .action(async (options: Json & FilterFlags & { limit: number }) => list(await client(), options));
  group
    .command("show")
    .argument("<seq>", "its number in the chain", limit)
    .description("one row, with what was before and after, and its hash")
    .addOption(json())
    .action(async (seq: number, options: Json) => show(await client(), seq, options));
  filtered(group.command("export"))
    .description("write the whole chain to a file that `verify` reads, or the newest 10,000 rows as csv or json")
    .addOption(new Option("--format <format>").choices(["ndjson", "csv", "json"]).default("ndjson"))
    .option("-o, --output <file>", "where to, instead of a name of its own; - for stdout")
    .option("--after <seq>", "ndjson only: go on after this row", limit)
    .addOption(json())
    .action(async (options: ExportFlags) => exported(await client(), options));
  within(group.command("stats"))
    .description("rows by time, and who makes most of them; without bounds the last 24 hours")
    .addOption(new Option("--by <span>").choices(["hour", "day", "week"]))
    .addOption(json())
    .action(async (options: Json & AuditSpan) => stats(await client(), options));
  return group;
}
