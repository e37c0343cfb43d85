import { AimaError, type Deployment, type KeptSession, logIn, type LogIn, resetPassword, type User } from "@aima/sdk";
import { Command, type Option } from "commander";
import { connect, connectAsUser, type ConnectionFlags, whereToLogIn } from "../configuration.ts";
import { EXIT, Failure } from "../failure.ts";
import { note, say, sayJson } from "../output.ts";
import { ask, askNewPassword, currentPassword, type Terminal } from "../prompt.ts";
import { deleteSession, SESSION_FILE, writeSession } from "../session-file.ts";

type Json = { readonly json: boolean };
type LoginOptions = Json & {
  readonly tenant?: string;
  readonly login?: string;
  readonly passwordStdin: boolean;
  readonly totp?: string;
  readonly recoveryCode?: string;
  readonly remember: boolean;
};

/** What is not given by flags is asked for; a password is never a flag, as those are seen by everybody. */
async function login(flags: ConnectionFlags, terminal: Terminal, options: LoginOptions): Promise<void> {
  const { baseUrl, tenant: local } = await whereToLogIn(flags);
  const tenant = options.tenant ?? local ?? (await ask(terminal, "Tenant", { instead: "--tenant" }));
  const name = options.login ?? (await ask(terminal, "E-mail address or user name", { instead: "--login" }));
  const password = await currentPassword(terminal, options.passwordStdin);
  const { totp, recoveryCode, remember, json } = options;
  const code = {
    ...(totp === undefined ? {} : { totp }),
    ...(recoveryCode === undefined ? {} : { recoveryCode }),
  };
  const session = await opened({ baseUrl }, terminal, { tenant, login: name, password, remember, ...code });
  await writeSession({ ...session, baseUrl });
  const { userId, role, sessionId, sessionExpiresAt } = session;
  if (json) sayJson({ baseUrl, tenant: session.tenant, userId, role, sessionId, sessionExpiresAt });
  else say(`${userId}  ${role} of ${session.tenant}, until ${sessionExpiresAt}`);
  note(`The session is kept in ${SESSION_FILE}, for you alone; commands here use it until \`aima logout\`.`);
}

/** Asks for what turns out to be needed: the code of a second factor, or another password for one that is too old. */
async function opened(deployment: Deployment, terminal: Terminal, body: LogIn): Promise<KeptSession> {
  try {
    return await logIn(deployment, body);
  } catch (error) {
    if (!(error instanceof AimaError) || !terminal.interactive) throw error;
    if (error.code === "totp_required" && body.totp === undefined) {
      const totp = await ask(terminal, "Code of your authenticator", { instead: "--totp" });
      return opened(deployment, terminal, { ...body, totp: totp.trim() });
    }
    const token = error.member("changeToken");
    if (error.code !== "password_expired" || typeof token !== "string") throw error;
    note("The password is too old: choose another one.");
    const password = await askNewPassword(terminal, "one");
    await resetPassword(deployment, { token, password });
    // A code is good once, and this login has spent it.
    const { totp: _totp, recoveryCode: _recoveryCode, ...rest } = body;
    return opened(deployment, terminal, { ...rest, password });
  }
}

/** The file goes even when the session was over already, not when the API could not be told. */
async function logout(flags: ConnectionFlags, { all, json }: Json & { readonly all: boolean }): Promise<void> {
  let wasOver = false;
  try {
    await (await connectAsUser(flags)).account.logOut({ all });
  } catch (error) {
    wasOver = error instanceof AimaError && error.status === 401;
    if (!wasOver) throw error;
  }
  await deleteSession();
  if (json) sayJson({ loggedOut: true, all: all && !wasOver, wasOver });
  else if (wasOver) say("The session was over already.");
  else say(all ? "All sessions have ended." : "The session has ended.");
  if (all && wasOver) note("Other sessions may be open: log in, then `aima logout --all`.");
}

export function userLines(user: User): string[] {
  const { id, email, username, fullName, role, permissions, status, totp, lastLogInAt, logIns } = user;
  return [
    `${id}  ${status}  ${role}  ${email}${username === null ? "" : `  ${username}`}${fullName === null ? "" : `  ${fullName}`}`,
    ...(permissions.length === 0 ? [] : [`  also allowed: ${permissions.join(", ")}`]),
    `  second factor ${totp ? "on" : "off"}, ${logIns} logins${lastLogInAt === null ? "" : `, last ${lastLogInAt}`}`,
  ];
}

async function whoami(flags: ConnectionFlags, { json }: Json): Promise<void> {
  const { account } = await connect(flags);
  const user = await account.get().catch((error: unknown) => {
    if (!(error instanceof AimaError) || error.code !== "forbidden") throw error;
    throw new Failure(
      EXIT.auth,
      "An API key asks here, and has no account (account:self).",
      "Use `aima login`, and unset AIMA_API_KEY.",
    );
  });
  if (json) sayJson(user);
  else for (const line of userLines(user)) say(line);
}

/** `aima login`, `aima logout` and `aima whoami` */
export function loginCommands(flags: () => ConnectionFlags, terminal: () => Terminal, json: () => Option): Command[] {
  return [
    new Command("login")
      .description("log in as a user; asks for what is not given")
      .option("--tenant <id>", "such as ten_01M85NKE…")
      .option("--login <name>", "e-mail address or user name")
      .option("--password-stdin", "read the password from stdin instead of asking", false)
      .option("--totp <code>", "6 digits of your authenticator")
      .option("--recovery-code <code>", "instead of --totp; good once")
      .option("--remember", "a session of 7 days instead of 8 hours", false)
      .addOption(json())
      .action((options: LoginOptions) => login(flags(), terminal(), options)),
    new Command("logout")
      .description("end the session")
      .option("--all", "all your sessions, on other machines too", false)
      .addOption(json())
      .action((options: Json & { all: boolean }) => logout(flags(), options)),
    new Command("whoami")
      .description("the user who is logged in")
      .addOption(json())
      .action((options: Json) => whoami(flags(), options)),
  ];
}
