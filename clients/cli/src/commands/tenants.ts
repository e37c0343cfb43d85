import type { AimaClient, Tenant, TenantDeletion } from "@aima/sdk";
import { Command, Option } from "commander";
import { note, say, sayJson } from "../output.ts";
import { confirm, type Terminal } from "../prompt.ts";

type Json = { readonly json: boolean };

const line = ({ id, status, residency, members, name }: Tenant): string =>
  `${id}  ${status.padEnd(9)}  ${residency.padEnd(3)}  ${members} members  ${name}`;

function show(tenant: Tenant, { json }: Json): void {
  if (json) {
    sayJson(tenant);
    return;
  }
  say(line(tenant));
  say(`  made ${tenant.createdAt}, changed ${tenant.updatedAt}`);
}

function showDeletion(id: string, deletion: TenantDeletion, { json }: Json): void {
  if (json) {
    sayJson({ id, ...deletion });
    return;
  }
  const { status, step, attempts, reason, retryAt, startedAt, endedAt, counts } = deletion;
  say(`${id}  ${status}  ${step}  begun ${startedAt}${endedAt === null ? "" : `, ended ${endedAt}`}`);
  say(`  assets: ${counts.assetsPurged} of ${counts.assets} purged, ${counts.assetsErased} erased`);
  say(`  removed: ${counts.blobsDeleted} blobs, ${counts.rowsDeleted} rows, ${counts.usersDeleted} users`);
  if (reason !== null) say(`  failed ${attempts} times: ${reason}`);
  if (retryAt !== null) say(`  tried again ${retryAt}`);
  if (status === "stuck") note(`It waits for an operator: aima tenants deletion ${id} --retry`);
}

async function list(client: AimaClient, { limit, json }: Json & { readonly limit: number }): Promise<void> {
  let count = 0;
  for await (const tenant of client.tenants.list()) {
    if ((count += 1) > limit) break;
    if (json) sayJson(tenant);
    else say(line(tenant));
  }
  if (count === 0 && !json) note("There are no tenants.");
}

type CreateOptions = Json & { readonly residency: Tenant["residency"]; readonly adminEmail?: string };

async function create(client: AimaClient, name: string, options: CreateOptions): Promise<void> {
  const { residency, adminEmail, json } = options;
  const made = await client.tenants.create({ name, residency, ...(adminEmail === undefined ? {} : { adminEmail }) });
  show(made, { json });
}

async function remove(
  client: AimaClient,
  terminal: Terminal,
  id: string,
  { yes, json }: Json & { readonly yes: boolean },
): Promise<void> {
  await confirm(terminal, `Delete ${id} with everything it has, for good`, yes);
  showDeletion(id, await client.tenants.delete(id), { json });
}

async function deletion(client: AimaClient, id: string, { retry, json }: Json & { retry: boolean }): Promise<void> {
  showDeletion(id, await (retry ? client.tenants.retryDeletion(id) : client.tenants.deletion(id)), { json });
}

const SWITCHES = {
  suspend: "let nobody of the tenant in; nothing is deleted",
  resume: "let a suspended tenant in again",
} as const;

/** `aima tenants …`, for operators of the platform. */
export function tenantsCommand(
  client: () => Promise<AimaClient>,
  terminal: () => Terminal,
  limit: (value: string) => number,
  json: () => Option,
): Command {
  const group = new Command("tenants").description("all tenants, for operators of the platform");
  group
    .command("list")
    .description("by id")
    .option("--limit <n>", "tenants at most", limit, 100)
    .addOption(json())
    .action(async (options: Json & { limit: number }) => list(await client(), options));
  group
    .command("show <id>")
    .description("one tenant")
    .addOption(json())
    .action(async (id: string, options: Json) => show(await (await client()).tenants.get(id), options));
  group
    .command("create <name>")
    .description("make a tenant")
    .addOption(new Option("--residency <where>", "for good").choices(["any", "eu", "us"]).default("any"))
    .option("--admin-email <address>", "invite its first admin")
    .addOption(json())
    .action(async (name: string, options: CreateOptions) => create(await client(), name, options));
  for (const name of ["suspend", "resume"] as const) {
    group
      .command(`${name} <id>`)
      .description(SWITCHES[name])
      .addOption(json())
      .action(async (id: string, options: Json) => show(await (await client()).tenants[name](id), options));
  }
  group
    .command("delete <id>")
    .description("delete a suspended tenant with everything it has, for good; it goes on by itself")
    .option("--yes", "do not ask", false)
    .addOption(json())
    .action(async (id: string, options: Json & { yes: boolean }) => remove(await client(), terminal(), id, options));
  group
    .command("deletion <id>")
    .description("how the deletion of a tenant stands, also when it is gone")
    .option("--retry", "go on with one that is stuck", false)
    .addOption(json())
    .action(async (id: string, options: Json & { retry: boolean }) => deletion(await client(), id, options));
  return group;
}
