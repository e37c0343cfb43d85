/** Accounts to test with, and what is mailed to them. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { NewAccount, OpenSession, PasswordLogIn } from "../../../shared/contracts/account.ts";
import { type MailedPurpose, parseMailedToken, parseRefreshToken } from "../../../shared/core/identity/secret-token.ts";
import type { Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { type UserAccountStub, userAccount } from "../../addresses.ts";

export const TENANT = "ten_accounts";
export const PASSWORD = "Wintry-Harbour-27-lanterns";

export type TestAccount = {
  readonly userId: string;
  readonly email: string;
  readonly account: UserAccountStub;
  readonly raw: DurableObjectStub;
};

let users = 0;

/** An address that nobody has written to. */
export function nobody(): TestAccount {
  users += 1;
  const userId = `usr_${String(users).padStart(26, "0")}`;
  const raw = env.USER_ACCOUNT.get(env.USER_ACCOUNT.idFromName(`${TENANT}/${userId}`));
  return { userId, email: `person${users}@example.com`, account: userAccount(env, TENANT, userId), raw };
}

export const newAccount = ({ userId, email }: TestAccount): Omit<NewAccount, "kind" | "password" | "invitedBy"> => ({
  tenant: TENANT,
  userId,
  email,
  username: null,
  fullName: "A Person",
  role: "user",
  permissions: [],
});

export async function founded(): Promise<TestAccount> {
  const made = nobody();
  value(await made.account.create({ ...newAccount(made), kind: "founded", password: PASSWORD }, null));
  return made;
}

export const credentials = (over: Partial<PasswordLogIn> = {}): PasswordLogIn => ({
  password: PASSWORD,
  totp: null,
  recoveryCode: null,
  remember: false,
  userAgent: "test",
  address: "local",
  ...over,
});

export async function loggedIn(account: UserAccountStub, over: Partial<PasswordLogIn> = {}): Promise<OpenSession> {
  return value(await account.logIn(credentials(over)));
}

export function value<T>(result: Result<T, Refusal>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.detail}`);
  return result.value;
}

export const secretIn = (refreshToken: string): string => parseRefreshToken(refreshToken)?.secret ?? "";

export const refreshWith = (account: UserAccountStub, token: OpenSession) =>
  account.refresh(token.sessionId, secretIn(token.refreshToken));

/** The secrets of the mails that went out while `work` ran, oldest first. */
export async function mailedBy(purpose: MailedPurpose, work: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => lines.push(line));
  try {
    await work();
    await vi.waitFor(() => {
      if (!lines.some((line) => line.includes(`"kind":"${purpose}"`))) throw new Error("no mail yet");
    });
  } finally {
    log.mockRestore();
  }
  return lines.flatMap((line) => {
    // SAFETY: written by the log mailer.
    const { token } = JSON.parse(line) as { token: string | null };
    const parsed = token === null ? null : parseMailedToken(purpose, token);
    return parsed === null ? [] : [parsed.secret];
  });
}

export const sqlIn = (raw: DurableObjectStub, statement: string, ...values: readonly (string | number)[]) =>
  runInDurableObject(raw, (_instance, { storage: { sql } }) => sql.exec(statement, ...values).toArray());

/** As if the last mails had been written a minute before. */
export const minuteAfterMails = (raw: DurableObjectStub) => sqlIn(raw, "UPDATE mail_times SET at = at - 60000");

/** Every row of every table, as text. */
export const dumpOf = (raw: DurableObjectStub): Promise<string> =>
  runInDurableObject(raw, (_instance, { storage: { sql } }) =>
    sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'")
      .toArray()
      .map(({ name }) => `${name} ${JSON.stringify(sql.exec(`SELECT * FROM ${name}`).toArray())}`)
      .join("\n"),
  );
