import type { AimaClient, DeadLetter } from "@aima/sdk";
import { Command, Option } from "commander";
import { note, say, sayJson } from "../output.ts";

type Json = { readonly json: boolean };
type Filter = { readonly queue?: DeadLetter["queue"]; readonly status?: DeadLetter["status"] };

const QUEUES: readonly DeadLetter["queue"][] = ["inspect", "place", "index"];
const STATUSES: readonly DeadLetter["status"][] = ["open", "redriven", "purged"];

async function list(
  client: AimaClient,
  { queue, status, limit, json }: Json & Filter & { readonly limit: number },
): Promise<void> {
  const filter = { ...(queue === undefined ? {} : { queue }), ...(status === undefined ? {} : { status }) };
  let count = 0;
  for await (const letter of client.deadLetters.list(filter)) {
    if ((count += 1) > limit) break;
    if (json) sayJson(letter);
    else say(line(letter));
  }
  if (count === 0 && !json) note("There are no dead letters.");
}

async function show(client: AimaClient, id: string, { json }: Json): Promise<void> {
  const letter = await client.deadLetters.get(id);
  if (json) {
    sayJson(letter);
    return;
  }
  say(line(letter));
  say(`  failed ${letter.attempts} times, first ${letter.firstFailedAt}, last ${letter.lastFailedAt}`);
  if (letter.lastError !== null) say(`  ${letter.lastError}`);
  say(`  ${JSON.stringify(letter.body)}`);
}

/** The named ones; without a name all open ones, or those of one queue, until none is left. */
async function redrive(
  client: AimaClient,
  ids: readonly string[],
  { queue, json }: Json & Pick<Filter, "queue">,
): Promise<void> {
  for (const id of ids) {
    const letter = await client.deadLetters.redrive(id);
    if (json) sayJson(letter);
    else say(line(letter));
  }
  if (ids.length > 0) return;
  let redriven = 0;
  for (;;) {
    const sent = await client.deadLetters.redriveAll({ ...(queue === undefined ? {} : { queue }), limit: 1_000 });
    redriven += sent.redriven;
    // One that fails again meanwhile is open again: it is not sent in circles.
    if (sent.remaining === 0 || sent.redriven < 1_000) break;
  }
  if (json) sayJson({ redriven });
  else say(`${redriven} sent again`);
}

async function purge(client: AimaClient, ids: readonly string[], { json }: Json): Promise<void> {
  for (const id of ids) {
    await client.deadLetters.purge(id);
    if (json) sayJson({ id, purged: true });
    else say(`${id} thrown away`);
  }
}

const line = ({ id, queue, entity, status, attempts, lastError }: DeadLetter): string =>
  `${id}  ${status.padEnd(8)}  ${queue.padEnd(7)}  ${entity ?? "-"}  ${attempts} tries${lastError === null ? "" : `  ${lastError}`}`;

/** `aima dead-letters …` */
export function deadLettersCommand(
  client: () => Promise<AimaClient>,
  limit: (value: string) => number,
  json: () => Option,
): Command {
  const group = new Command("dead-letters").description("messages that could not be acted on");
  group
    .command("list")
    .description("newest first")
    .addOption(new Option("--queue <queue>").choices(QUEUES))
    .addOption(new Option("--status <status>").choices(STATUSES))
    .option("--limit <n>", "letters at most", limit, 100)
    .addOption(json())
    .action(async (options: Json & Filter & { limit: number }) => list(await client(), options));
  group
    .command("show <id>")
    .description("one dead letter, with its message")
    .addOption(json())
    .action(async (id: string, options: Json) => show(await client(), id, options));
  group
    .command("redrive [id...]")
    .description("send these again; without an id all open ones")
    .addOption(new Option("--queue <queue>", "without an id: only those of this queue").choices(QUEUES))
    .addOption(json())
    .action(async (ids: string[], options: Json & Pick<Filter, "queue">) => redrive(await client(), ids, options));
  group
    .command("purge <id...>")
    .description("throw these away")
    .addOption(json())
    .action(async (ids: string[], options: Json) => purge(await client(), ids, options));
  return group;
}
