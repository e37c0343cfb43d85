import { Command, type Option } from "commander";
import { connectAsUser, type ConnectionFlags } from "../configuration.ts";
import { say, sayJson } from "../output.ts";
import { deleteSession, readSession } from "../session-file.ts";
import { sessionLine } from "./users.ts";

type Json = { readonly json: boolean };

async function list(flags: ConnectionFlags, { json }: Json): Promise<void> {
  const { sessions, current } = await (await connectAsUser(flags)).account.sessions();
  for (const session of sessions) {
    if (json) sayJson({ ...session, current: session.id === current });
    else say(`${session.id === current ? "*" : " "} ${sessionLine(session)}`);
  }
}

async function revoke(flags: ConnectionFlags, id: string, { json }: Json): Promise<void> {
  const client = await connectAsUser(flags);
  await client.account.endSession(id);
  if ((await readSession())?.sessionId === id) await deleteSession();
  if (json) sayJson({ id, revoked: true });
  else say(`${id} has ended`);
}

/** `aima sessions …` */
export function sessionsCommand(flags: () => ConnectionFlags, json: () => Option): Command {
  const group = new Command("sessions").description("where you are signed in");
  group
    .command("list")
    .description("newest first; * is the session of this command line")
    .addOption(json())
    .action((options: Json) => list(flags(), options));
  group
    .command("revoke <id>")
    .description("end one of them; `aima logout --all` ends them all")
    .addOption(json())
    .action((id: string, options: Json) => revoke(flags(), id, options));
  return group;
}
