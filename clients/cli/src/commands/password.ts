import { acceptInvitation, requestPasswordReset, resetPassword, verifyEmail } from "@aima/sdk";
import { Command, type Option } from "commander";
import { connectAsUser, type ConnectionFlags, whereToLogIn } from "../configuration.ts";
import { EXIT, Failure } from "../failure.ts";
import { say, sayJson } from "../output.ts";
import { ask, askNewPassword, linesOfStdin, type Terminal } from "../prompt.ts";

type Json = { readonly json: boolean };

async function change(
  flags: ConnectionFlags,
  terminal: Terminal,
  { passwordStdin, json }: Json & { readonly passwordStdin: boolean },
): Promise<void> {
  const { account } = await connectAsUser(flags);
  const instead = "--password-stdin, with the current password and the new one on a line each";
  const [current = "", next = ""] = passwordStdin
    ? await linesOfStdin(terminal, 2)
    : [await ask(terminal, "Current password", { hidden: true, instead }), await askNewPassword(terminal, instead)];
  if (current === "" || next === "") {
    throw new Failure(
      EXIT.usage,
      "Both passwords are needed.",
      "Pipe in the current one and the new one, a line each.",
    );
  }
  await account.changePassword({ currentPassword: current, newPassword: next });
  if (json) sayJson({ changed: true });
  else say("The password has changed; all your other sessions have ended.");
}

async function forgot(
  flags: ConnectionFlags,
  terminal: Terminal,
  options: Json & { readonly tenant?: string; readonly email?: string },
): Promise<void> {
  const { baseUrl, tenant: local } = await whereToLogIn(flags);
  const tenant = options.tenant ?? local ?? (await ask(terminal, "Tenant", { instead: "--tenant" }));
  const email = options.email ?? (await ask(terminal, "E-mail address", { instead: "--email" }));
  await requestPasswordReset({ baseUrl }, { tenant, email });
  if (options.json) sayJson({ requested: true });
  else say("If there is such an account, a mail with a token is on its way: `aima redeem` takes it.");
}

/** What the token is for stands in it; it opens an account, so it is no flag either. */
async function redeem(
  flags: ConnectionFlags,
  terminal: Terminal,
  { stdin, json }: Json & { readonly stdin: boolean },
): Promise<void> {
  const deployment = { baseUrl: (await whereToLogIn(flags)).baseUrl };
  const instead = "--stdin, with the token and, but for `verify`, the new password on a line each";
  const piped = stdin ? await linesOfStdin(terminal, 2) : null;
  const token = (piped?.[0] ?? (await ask(terminal, "Token of the mail", { hidden: true, instead }))).trim();
  const [, purpose] = /^aimt_(invite|verify|reset|expired)_/.exec(token) ?? [];
  if (purpose === undefined) {
    throw new Failure(EXIT.usage, "That is no token of a mail.", "Copy the whole line that begins with `aimt_`.");
  }
  const password = async (): Promise<string> => piped?.[1] ?? (await askNewPassword(terminal, instead));
  if (purpose === "verify") await verifyEmail(deployment, token);
  else if (purpose === "invite") await acceptInvitation(deployment, { token, password: await password() });
  else await resetPassword(deployment, { token, password: await password() });
  if (json) sayJson({ redeemed: purpose });
  else say(purpose === "verify" ? "The address is proven: `aima login`." : "The password counts: `aima login`.");
}

/** `aima password …` and `aima redeem` */
export function passwordCommands(
  flags: () => ConnectionFlags,
  terminal: () => Terminal,
  json: () => Option,
): Command[] {
  const group = new Command("password").description("your password");
  group
    .command("change", { isDefault: true })
    .description("change it, and end all your other sessions; asks for both passwords")
    .option("--password-stdin", "read the current and the new one from stdin, a line each", false)
    .addOption(json())
    .action((options: Json & { passwordStdin: boolean }) => change(flags(), terminal(), options));
  group
    .command("forgot")
    .description("have a token mailed that sets another one")
    .option("--tenant <id>", "such as ten_01M85NKE…")
    .option("--email <address>")
    .addOption(json())
    .action((options: Json & { tenant?: string; email?: string }) => forgot(flags(), terminal(), options));
  return [
    group,
    new Command("redeem")
      .description("accept an invitation, prove an address or set a password with the token of a mail")
      .option("--stdin", "read the token and the new password from stdin, a line each", false)
      .addOption(json())
      .action((options: Json & { stdin: boolean }) => redeem(flags(), terminal(), options)),
  ];
}
