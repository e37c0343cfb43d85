import type { AimaClient, Invitation, ListedUser, ProfileChange, RoleChange, Session, User } from "@aima/sdk";
import { Argument, Command, Option } from "commander";
import { EXIT, Failure } from "../failure.ts";
import { note, say, sayJson } from "../output.ts";
import { confirm, type Terminal } from "../prompt.ts";
import { userLines } from "./login.ts";

type Json = { readonly json: boolean };
type Role = ListedUser["role"];

const ROLES: readonly Role[] = ["admin", "user", "guest"];
const STATUSES: readonly ListedUser["status"][] = ["invited", "unverified", "active", "suspended"];
const SORTS = ["createdAt", "-createdAt", "email", "-email", "lastLogInAt", "-lastLogInAt"] as const;

function show(user: User, { json }: Json): void {
  if (json) sayJson(user);
  else for (const line of userLines(user)) say(line);
}

type ListOptions = Json & {
  readonly role?: Role;
  readonly status?: ListedUser["status"];
  readonly q?: string;
  readonly sort?: (typeof SORTS)[number];
  readonly limit: number;
};

async function list(client: AimaClient, { limit, json, ...filter }: ListOptions): Promise<void> {
  let count = 0;
  for await (const user of client.users.list(filter)) {
    if ((count += 1) > limit) break;
    if (json) sayJson(user);
    else say(`${user.id}  ${user.status.padEnd(10)}  ${user.role.padEnd(5)}  ${user.email}  ${user.username ?? "-"}`);
  }
  if (count === 0 && !json) note("There are no such users.");
}

type InviteOptions = Json & {
  readonly role: Role;
  readonly username?: string;
  readonly fullName?: string;
  readonly permission: readonly string[];
};

async function invite(client: AimaClient, email: string, options: InviteOptions): Promise<void> {
  const { role, username, fullName, permission, json } = options;
  const names = { ...(username === undefined ? {} : { username }), ...(fullName === undefined ? {} : { fullName }) };
  // SAFETY: the API knows its permissions, and says which one it does not.
  const permissions = permission as NonNullable<Invitation["permissions"]>;
  show(await client.users.invite({ email, role, permissions, ...names }), { json });
  note("The invitation is mailed; it is good for seven days.");
}

type UpdateOptions = Json & { readonly email?: string; readonly username?: string; readonly fullName?: string };

/** An empty name takes it away. */
async function update(client: AimaClient, id: string, { email, username, fullName, json }: UpdateOptions) {
  const change: ProfileChange = {
    ...(email === undefined ? {} : { email }),
    ...(username === undefined ? {} : { username: username === "" ? null : username }),
    ...(fullName === undefined ? {} : { fullName: fullName === "" ? null : fullName }),
  };
  if (Object.keys(change).length === 0) {
    throw new Failure(EXIT.usage, "There is nothing to change.", "Pass --email, --username or --full-name.");
  }
  show(await client.users.update(id, change), { json });
}

async function resetPassword(client: AimaClient, id: string, { json }: Json): Promise<void> {
  show(await client.users.resetPassword(id), { json });
  note("The password is void and all sessions have ended; a token for another password is mailed.");
}

type RoleOptions = Json & { readonly permission: readonly string[]; readonly clearPermissions: boolean };

async function setRole(client: AimaClient, id: string, role: Role, options: RoleOptions): Promise<void> {
  const { permission, clearPermissions, json } = options;
  // SAFETY: as above.
  const permissions = permission as NonNullable<RoleChange["permissions"]>;
  const given = clearPermissions || permission.length > 0;
  show(await client.users.changeRole(id, { role, ...(given ? { permissions } : {}) }), { json });
}

export const sessionLine = ({ id, method, address, userAgent, refreshedAt, expiresAt }: Session): string =>
  `${id}  ${method}  ${address}  seen ${refreshedAt}, until ${expiresAt}  ${userAgent ?? "-"}`;

async function sessions(client: AimaClient, id: string, { end, json }: Json & { readonly end: boolean }) {
  if (end) {
    const ended = await client.users.endSessions(id);
    if (json) sayJson({ id, ended });
    else say(`${ended} sessions ended`);
    return;
  }
  const open = await client.users.sessions(id);
  for (const session of open) {
    if (json) sayJson(session);
    else say(sessionLine(session));
  }
  if (open.length === 0 && !json) note("The user is not signed in.");
}

async function remove(
  client: AimaClient,
  terminal: Terminal,
  id: string,
  { json, yes }: Json & { readonly yes: boolean },
): Promise<void> {
  await confirm(terminal, `Remove ${id} for good`, yes);
  await client.users.remove(id);
  if (json) sayJson({ id, removed: true });
  else say(`${id} removed`);
}

const OPERATIONS = {
  suspend: "end all sessions, and let the user in no more",
  activate: "let a suspended user in again",
  unlock: "end a lock that failed logins have led to",
} as const;

const collect = (value: string, before: readonly string[]): string[] => [...before, value];
const permission = (): Option =>
  new Option("--permission <name>", "beside those of the role, such as audit:read; repeatable")
    .argParser(collect)
    .default([]);

/** `aima users …` */
export function usersCommand(
  client: () => Promise<AimaClient>,
  terminal: () => Terminal,
  limit: (value: string) => number,
  json: () => Option,
): Command {
  const group = new Command("users").description("the users of the tenant");
  group
    .command("list")
    .description("oldest first, unless sorted otherwise")
    .addOption(new Option("--role <role>").choices(ROLES))
    .addOption(new Option("--status <status>").choices(STATUSES))
    .option("--q <text>", "part of an address or name")
    .addOption(new Option("--sort <key>", "with - in front the other way round").choices(SORTS))
    .option("--limit <n>", "users at most", limit, 100)
    .addOption(json())
    .action(async (options: ListOptions) => list(await client(), options));
  group
    .command("invite <email>")
    .description("mail an invitation")
    .addOption(new Option("--role <role>").choices(ROLES).default("user"))
    .option("--username <name>")
    .option("--full-name <name>")
    .addOption(permission())
    .addOption(json())
    .action(async (email: string, options: InviteOptions) => invite(await client(), email, options));
  group
    .command("show <id>")
    .description("one user")
    .addOption(json())
    .action(async (id: string, options: Json) => show(await (await client()).users.get(id), options));
  group
    .command("update <id>")
    .description("change the address or the names; what is not named stays")
    .option("--email <address>")
    .option("--username <name>", "an empty one takes it away")
    .option("--full-name <name>", "an empty one takes it away")
    .addOption(json())
    .action(async (id: string, options: UpdateOptions) => update(await client(), id, options));
  group
    .command("reset-password <id>")
    .description("void the password, end all sessions, and mail a token for another password")
    .addOption(json())
    .action(async (id: string, options: Json) => resetPassword(await client(), id, options));
  group
    .command("set-role <id>")
    .description("change the role; permissions beside it stay unless some are named")
    .addArgument(new Argument("<role>").choices(ROLES))
    .addOption(permission())
    .option("--clear-permissions", "take those beside the role away", false)
    .addOption(json())
    .action(async (id: string, role: Role, options: RoleOptions) => setRole(await client(), id, role, options));
  for (const name of ["suspend", "activate", "unlock"] as const) {
    group
      .command(`${name} <id>`)
      .description(OPERATIONS[name])
      .addOption(json())
      .action(async (id: string, options: Json) => show(await (await client()).users[name](id), options));
  }
  group
    .command("sessions <id>")
    .description("where the user is signed in")
    .option("--end", "end them all", false)
    .addOption(json())
    .action(async (id: string, options: Json & { end: boolean }) => sessions(await client(), id, options));
  group
    .command("remove <id>")
    .description("remove a user for good; asks whether to")
    .option("--yes", "do not ask", false)
    .addOption(json())
    .action(async (id: string, options: Json & { yes: boolean }) => remove(await client(), terminal(), id, options));
  return group;
}
