import type { AimaClient, ApiKey, CreateApiKey, IssuedApiKey, UpdateApiKey } from "@aima/sdk";
import { Command, InvalidArgumentError, type Option } from "commander";
import { EXIT, Failure } from "../failure.ts";
import { note, say, sayJson } from "../output.ts";
import { confirm, type Terminal } from "../prompt.ts";

type Json = { readonly json: boolean };
type KeyLimit = NonNullable<CreateApiKey["limit"]>;

const line = ({ id, name, status, ending, permissions, expiresAt, lastUsedAt }: ApiKey): string =>
  `${id}  ${status.padEnd(8)}  …${ending ?? "????"}  ${permissions.join(",")}  until ${expiresAt ?? "further notice"}, used ${lastUsedAt ?? "never"}  ${name}`;

function show(key: ApiKey, { json }: Json): void {
  if (json) {
    sayJson(key);
    return;
  }
  say(line(key));
  if (key.limit !== null) say(`  at most ${key.limit.limit} requests in ${key.limit.windowSeconds} s`);
  if (key.graceUntil !== null) say(`  the secret before opens until ${key.graceUntil}`);
  say(`  made ${key.createdAt} by ${key.createdBy ?? "the installation"}`);
}

/** The key on stdout, alone, so that it can be piped; all about it on stderr. */
function showOnce({ secret, ...key }: IssuedApiKey, { json }: Json): void {
  note(line(key));
  note("warning: this is the whole key, shown this once; keep it where only its user can read it.");
  if (json) sayJson({ ...key, secret });
  else say(secret);
}

async function list(client: AimaClient, { limit, json }: Json & { readonly limit: number }): Promise<void> {
  let count = 0;
  for await (const key of client.apiKeys.list()) {
    if ((count += 1) > limit) break;
    if (json) sayJson(key);
    else say(line(key));
  }
  if (count === 0 && !json) note("There are no API keys.");
}

type CreateOptions = Json & {
  readonly permission: readonly string[];
  readonly expires?: string;
  readonly rate?: KeyLimit;
};

async function create(client: AimaClient, name: string, options: CreateOptions): Promise<void> {
  const { permission, expires, rate, json } = options;
  const body: CreateApiKey = {
    name,
    // SAFETY: the API knows its permissions, and says which one it does not.
    permissions: permission as CreateApiKey["permissions"],
    ...(expires === undefined ? {} : { expiresAt: expires }),
    ...(rate === undefined ? {} : { limit: rate }),
  };
  showOnce(await client.apiKeys.create(body), { json });
}

type UpdateOptions = Json & {
  readonly name?: string;
  readonly permission?: readonly string[];
  readonly expires?: string;
  readonly rate?: KeyLimit | "none";
};

async function update(client: AimaClient, id: string, options: UpdateOptions): Promise<void> {
  const { name, permission, expires, rate, json } = options;
  const change: UpdateApiKey = {
    ...(name === undefined ? {} : { name }),
    // SAFETY: as above.
    ...(permission === undefined ? {} : { permissions: permission as CreateApiKey["permissions"] }),
    ...(expires === undefined ? {} : { expiresAt: expires === "never" ? null : expires }),
    ...(rate === undefined ? {} : { limit: rate === "none" ? null : rate }),
  };
  if (Object.keys(change).length === 0) {
    throw new Failure(EXIT.usage, "There is nothing to change.", "Pass --name, --permission, --expires or --rate.");
  }
  show(await client.apiKeys.update(id, change), { json });
}

async function remove(
  client: AimaClient,
  terminal: Terminal,
  id: string,
  { json, yes }: Json & { readonly yes: boolean },
): Promise<void> {
  await confirm(terminal, `Delete ${id} for good`, yes);
  await client.apiKeys.delete(id);
  if (json) sayJson({ id, deleted: true });
  else say(`${id} deleted`);
}

function rateOf(value: string): KeyLimit {
  const [, limit, windowSeconds] = /^(\d{1,10})\/(\d{1,5})$/.exec(value) ?? [];
  if (limit === undefined || windowSeconds === undefined) throw new InvalidArgumentError("Such as 600/60.");
  return { limit: Number(limit), windowSeconds: Number(windowSeconds) };
}

function instantOf(value: string): string {
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new InvalidArgumentError("A time, such as 2027-11-25T09:00:00Z.");
  return new Date(ms).toISOString();
}

function graceOf(value: string): number {
  const seconds = Number(value);
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > 86_400) throw new InvalidArgumentError("0 to 86400.");
  return seconds;
}

/** The word that takes a bound away stays what it is: null would be no value to the parser. */
const unless =
  <W extends string, T>(word: W, read: (value: string) => T) =>
  (value: string): T | W =>
    value === word ? word : read(value);

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

const SWITCHES = { disable: "let the key open nothing, until it is enabled", enable: "let it open again" } as const;

/** `aima keys …` */
export function keysCommand(
  client: () => Promise<AimaClient>,
  terminal: () => Terminal,
  limit: (value: string) => number,
  json: () => Option,
): Command {
  const group = new Command("keys").description("the API keys of the tenant");
  group
    .command("create <name>")
    .description("make a key; it is shown this once, on stdout")
    .requiredOption("--permission <name>", "what it may do, * for all; repeatable", collect)
    .option("--expires <time>", "when it ends", instantOf)
    .option("--rate <n/seconds>", "requests at most, such as 600/60", rateOf)
    .addOption(json())
    .action(async (name: string, options: CreateOptions) => create(await client(), name, options));
  group
    .command("list")
    .description("newest first, without their secrets")
    .option("--limit <n>", "keys at most", limit, 100)
    .addOption(json())
    .action(async (options: Json & { limit: number }) => list(await client(), options));
  group
    .command("show <id>")
    .description("one key, without its secret")
    .addOption(json())
    .action(async (id: string, options: Json) => show(await (await client()).apiKeys.get(id), options));
  group
    .command("update <id>")
    .description("change a key; what is not named stays")
    .option("--name <name>")
    .option("--permission <name>", "all that it may do from now on; repeatable", collect)
    .option("--expires <time>", "when it ends, or `never`", unless("never", instantOf))
    .option("--rate <n/seconds>", "requests at most, such as 600/60, or `none`", unless("none", rateOf))
    .addOption(json())
    .action(async (id: string, options: UpdateOptions) => update(await client(), id, options));
  for (const name of ["disable", "enable"] as const) {
    group
      .command(`${name} <id>`)
      .description(SWITCHES[name])
      .addOption(json())
      .action(async (id: string, options: Json) => show(await (await client()).apiKeys[name](id), options));
  }
  group
    .command("roll <id>")
    .description("give the key a new secret; it is shown this once, on stdout")
    .option("--grace <seconds>", "how long the one before still opens", graceOf, 0)
    .addOption(json())
    .action(async (id: string, { grace, ...options }: Json & { grace: number }) =>
      showOnce(await (await client()).apiKeys.roll(id, { graceSeconds: grace }), options),
    );
  group
    .command("delete <id>")
    .description("delete a key for good; asks whether to")
    .option("--yes", "do not ask", false)
    .addOption(json())
    .action(async (id: string, options: Json & { yes: boolean }) => remove(await client(), terminal(), id, options));
  return group;
}
