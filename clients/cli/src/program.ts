/** The command line: what can be said, and what it calls. */
import type { Asset, Head } from "@aima/sdk";
import { Command, InvalidArgumentError, Option } from "commander";
import * as assets from "./commands/assets.ts";
import { exportAsset, type ExportOptions } from "./commands/export.ts";
import { auditCommand } from "./commands/audit.ts";
import { deadLettersCommand } from "./commands/dead-letters.ts";
import { jobsCommand } from "./commands/jobs.ts";
import { keysCommand } from "./commands/keys.ts";
import { limitsCommand } from "./commands/limits.ts";
import { loginCommands } from "./commands/login.ts";
import { passwordCommands } from "./commands/password.ts";
import { search, type SearchOptions } from "./commands/search.ts";
import { sessionsCommand } from "./commands/sessions.ts";
import { totpCommand } from "./commands/totp.ts";
import { upload, type UploadOptions } from "./commands/upload.ts";
import { tenantsCommand } from "./commands/tenants.ts";
import { usageCommand } from "./commands/usage.ts";
import { usersCommand } from "./commands/users.ts";
import { verify, type VerifyOptions } from "./commands/verify.ts";
import { connect, type ConnectionFlags } from "./configuration.ts";
import { describe, EXIT, exitCodeOf } from "./failure.ts";
import { note } from "./output.ts";
import { ownTerminal, type Terminal } from "./prompt.ts";

const MEDIA_TYPES = ["image", "video", "audio", "document"];
const STATUSES: readonly Asset["status"][] = [
  "uploading",
  "inspecting",
  "analysing",
  "analysed",
  "failed",
  "quarantined",
];

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

const count =
  (min: number, max: number) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < min || number > max)
      throw new InvalidArgumentError(`Between ${min} and ${max}.`);
    return number;
  };

const json = (): Option => new Option("--json", "print JSON only, one value per line").default(false);

function mediaTypes(value: string, before: readonly string[]): string[] {
  if (!MEDIA_TYPES.includes(value)) throw new InvalidArgumentError(`One of ${MEDIA_TYPES.join(", ")}.`);
  return [...before, value];
}

function headOf(value: string): Head {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(value) ?? [];
  if (seq === undefined || hash === undefined) throw new InvalidArgumentError("A number, a colon and 64 hex digits.");
  return { seq: Number(seq), hash };
}

/** The parser; `finish` receives the exit code of the command that ran. */
export function parser(finish: (exitCode: number) => void, given: Terminal): Command {
  const program = new Command("aima")
    .description("Upload media, read what was found in it, and search all of it.")
    .option("--url <url>", "base URL of the deployment (AIMA_URL)")
    .option("--api-key <key>", "API key (AIMA_API_KEY)")
    .option("--no-input", "ask nothing: fail where something is missing")
    .addHelpText("after", PRECEDENCE)
    .showSuggestionAfterError();
  const flags = () => program.opts<ConnectionFlags>();
  const client = () => connect(flags());
  const terminal = (): Terminal =>
    program.opts<{ input: boolean }>().input ? given : { ...given, interactive: false };

  program
    .command("upload")
    .description("upload files and folders")
    .argument("<file...>", "files, or folders with all that is in them")
    .option("--watch", "wait until each is analysed, and print what was found", false)
    .option("--tag <tag>", "tag the assets; repeatable", collect, [])
    .option("--concurrency <n>", "files at a time", count(1, 32), 3)
    .addOption(json())
    .action(async (names: string[], options: UploadOptions) => finish(await upload(await client(), names, options)));

  program
    .command("search")
    .description("find moments in all media")
    .argument("<words...>")
    .option("--media-type <type>", `one of ${MEDIA_TYPES.join(", ")}; repeatable`, mediaTypes, [])
    .option("--kind <kind>", "kind of insight; repeatable", collect, [])
    .option("--limit <n>", "hits at most", count(1, 100), 20)
    .addOption(json())
    .action(async (words: string[], options: SearchOptions) => search(await client(), words, options));

  const group = program.command("assets").description("read and delete assets");
  group
    .command("list")
    .description("newest first")
    .addOption(new Option("--status <status>").choices(STATUSES))
    .addOption(new Option("--media-type <type>").choices(MEDIA_TYPES))
    .option("--limit <n>", "assets at most", count(1, 1_000_000), 100)
    .addOption(json())
    .action(async (options: assets.ListOptions) => assets.list(await client(), options));
  group
    .command("get <id>")
    .description("one asset")
    .option("--as-of <seq>", "as it was after the event of this number", count(1, 1_000_000_000))
    .addOption(json())
    .action(async (id: string, options: { json: boolean; asOf?: number }) => assets.get(await client(), id, options));
  group
    .command("delete <id>")
    .description("hide an asset; it can be restored for a time")
    .option("--purge", "remove it for good, now; also one that is deleted already; asks whether to", false)
    .option("--yes", "do not ask", false)
    .addOption(json())
    .action(async (id: string, options: { json: boolean; purge: boolean; yes: boolean }) =>
      assets.remove(await client(), terminal(), id, options),
    );
  group
    .command("restore <id>")
    .description("bring back a deleted asset")
    .addOption(json())
    .action(async (id: string, options: { json: boolean }) => assets.restore(await client(), id, options));
  group
    .command("rerun <id>")
    .description("analyse a finished asset again")
    .option("--from-step <step>", "only this step and those that depend on it")
    .addOption(json())
    .action(async (id: string, options: { json: boolean; fromStep?: string }) =>
      assets.rerun(await client(), id, options),
    );
  group
    .command("saga <id>")
    .description("what is left to remove of an asset that ended or was deleted")
    .addOption(new Option("--action <action>", "for one that is stuck").choices(["retry", "abandon"]))
    .addOption(json())
    .action(async (id: string, options: { json: boolean; action?: "retry" | "abandon" }) =>
      assets.saga(await client(), id, options),
    );
  group
    .command("events <id>")
    .description("the journal of an asset")
    .option("--follow", "stay and print what happens, until the analysis has ended", false)
    .addOption(json())
    .action(async (id: string, options: { json: boolean; follow: boolean }) =>
      assets.events(await client(), id, options),
    );
  group
    .command("insights <id>")
    .description("what was found")
    .option("--kind <kind>", "only this kind")
    .addOption(json())
    .action(async (id: string, options: { json: boolean; kind?: string }) =>
      assets.insights(await client(), id, options),
    );
  group
    .command("download <id>")
    .description("the content or an artifact")
    .option("-o, --output <file>", "where to; - for stdout")
    .option("--artifact <name>", "this artifact instead of the content")
    .addOption(json())
    .action(async (id: string, options: { json: boolean; output?: string; artifact?: string }) =>
      assets.download(await client(), id, options),
    );
  group
    .command("export <id>")
    .description("write the journal to a file that `verify` reads")
    .option("-o, --output <file>", "where to, instead of <id>.journal.jsonl; - for stdout")
    .addOption(json())
    .action(async (id: string, options: ExportOptions) => exportAsset(await client(), id, options));

  program.addCommand(jobsCommand(client, json));
  program
    .command("verify")
    .description("verify exported journals, without the server")
    .argument("<file...>", "exports, or entries as JSON Lines or a JSON array")
    .option("--head <seq:hash>", "an entry that the journal has to have", headOf)
    .option("--against <file>", "an earlier export that the journal has to continue")
    .addOption(json())
    .addHelpText("after", VERIFY_LIMITS)
    .action(async (files: string[], options: VerifyOptions) => finish(await verify(files, options)));
  program.addCommand(deadLettersCommand(client, count(1, 1_000_000), json));
  for (const command of [...loginCommands(flags, terminal, json), ...passwordCommands(flags, terminal, json)])
    program.addCommand(command);
  program.addCommand(totpCommand(flags, terminal, json));
  program.addCommand(sessionsCommand(flags, json));
  program.addCommand(usersCommand(client, terminal, count(1, 1_000_000), json));
  program.addCommand(keysCommand(client, terminal, count(1, 1_000_000), json));
  program.addCommand(auditCommand(client, count(1, 1_000_000_000), json));
  program.addCommand(usageCommand(client, count(1, 400), json));
  program.addCommand(limitsCommand(client, count(1, 1_000_000_000), json));
  program.addCommand(tenantsCommand(client, terminal, count(1, 1_000_000), json));
  return program;
}

const PRECEDENCE = `
Where the deployment is and who asks: flags, then AIMA_URL and AIMA_API_KEY, then the session of \`aima login\`, then
.aima/credentials.json of a local system. Your own account (password, totp, sessions, logout) is always the session's.

Exit codes: 0 ok, 1 failure, 2 usage, 3 auth, 4 not found, 5 rate limited`;

const VERIFY_LIMITS = `
Without --head or --against, a journal whose author has computed every hash anew, or has cut it and written a new
trailer, is as valid as any: keep the head that \`export\` prints, or an earlier export, out of that author's reach.

Exit codes: 0 valid, 1 not valid, 2 usage or a file that cannot be read`;

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** Runs one command line at a terminal, by default that of this process. Gives the exit code; never throws. */
export async function run(argv: readonly string[], terminal: Terminal = ownTerminal): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = parser((code) => (exitCode = code), terminal);
  for (const command of everyCommand(program)) command.exitOverride();
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    const code = exitCodeOf(error);
    // Commander has printed its own errors.
    if (!(error instanceof Error && "code" in error && String(error.code).startsWith("commander.")))
      note(describe(error));
    return code;
  }
}
