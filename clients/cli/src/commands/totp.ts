import type { Account } from "@aima/sdk";
import { Command, type Option } from "commander";
import { connectAsUser, type ConnectionFlags } from "../configuration.ts";
import { note, say, sayJson } from "../output.ts";
import { ask, confirm, currentPassword, type Terminal } from "../prompt.ts";

type Options = { readonly json: boolean; readonly passwordStdin: boolean };

/** One a line on stdout, so that they can be piped; what to do with them on stderr. */
function showCodes(recoveryCodes: readonly string[], json: boolean): void {
  if (json) sayJson({ recoveryCodes });
  else for (const code of recoveryCodes) say(code);
  note("warning: each of these codes logs in once in place of the authenticator; they are shown this once.");
}

async function enrol(account: Account, terminal: Terminal, { json, passwordStdin }: Options): Promise<void> {
  const { secret, uri } = await account.enrolTotp(await currentPassword(terminal, passwordStdin));
  if (json) sayJson({ secret, uri });
  else say(uri);
  note(`Add it to your authenticator by that address, or type the secret ${secret}; it is shown this once.`);
  if (passwordStdin || !terminal.interactive) {
    note("It counts from `aima totp confirm CODE` on.");
    return;
  }
  const code = await ask(terminal, "Code of your authenticator", { instead: "it to `aima totp confirm`" });
  showCodes(await account.confirmTotp(code.trim()), json);
}

async function disable(
  account: Account,
  terminal: Terminal,
  { json, passwordStdin, yes }: Options & { readonly yes: boolean },
): Promise<void> {
  await confirm(terminal, "Take the second factor and its recovery codes away", yes);
  await account.disableTotp(await currentPassword(terminal, passwordStdin));
  if (json) sayJson({ totp: false });
  else say("The password alone logs in now.");
}

/** `aima totp …` */
export function totpCommand(flags: () => ConnectionFlags, terminal: () => Terminal, json: () => Option): Command {
  const account = async (): Promise<Account> => (await connectAsUser(flags())).account;
  const group = new Command("totp").description("your second factor, an authenticator");
  const asking = (command: Command): Command =>
    command.option("--password-stdin", "read your password from stdin instead of asking", false).addOption(json());
  asking(group.command("enrol"))
    .description("show a secret for an authenticator, then take a code of it; shows recovery codes, this once")
    .action(async (options: Options) => enrol(await account(), terminal(), options));
  group
    .command("confirm <code>")
    .description("make a secret count that was enrolled without a terminal; shows recovery codes, this once")
    .addOption(json())
    .action(async (code: string, options: Options) =>
      showCodes(await (await account()).confirmTotp(code), options.json),
    );
  asking(group.command("recovery-codes"))
    .description("show ten new recovery codes, this once; those before are void")
    .action(async ({ json: asJson, passwordStdin }: Options) =>
      showCodes(await (await account()).renewRecoveryCodes(await currentPassword(terminal(), passwordStdin)), asJson),
    );
  asking(group.command("disable"))
    .description("log in by the password alone again")
    .option("--yes", "do not ask whether to", false)
    .action(async (options: Options & { yes: boolean }) => disable(await account(), terminal(), options));
  return group;
}
