/** What is kept of a user beside secrets and sessions, and how it is shown. */
import { z } from "zod";
import { GrantablePermission, UserStatus, type UserView } from "../../shared/contracts/user.ts";
import { ROLES } from "../../shared/core/access/permissions.ts";

/** Persisted as JSON: a new field needs a default. */
export const Account = z.strictObject({
  tenant: z.string(),
  userId: z.string(),
  email: z.string(),
  emailVerified: z.boolean(),
  username: z.string().nullable(),
  fullName: z.string().nullable(),
  role: z.enum(ROLES),
  permissions: z.array(GrantablePermission),
  status: UserStatus,
  before: UserStatus.exclude(["suspended", "deleted"]).nullable(),
  passwordChangedAtMs: z.int().nullable(),
  lastLogInAtMs: z.int().nullable(),
  logIns: z.int(),
  createdAtMs: z.int(),
  updatedAtMs: z.int(),
  version: z.int(),
});
export type Account = z.infer<typeof Account>;

export class AccountStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(): Account | null {
    const row = this.#sql.exec<{ body: string }>("SELECT body FROM account").toArray()[0];
    return row === undefined ? null : Account.parse(JSON.parse(row.body));
  }

  save(account: Account): Account {
    this.#sql.exec("INSERT OR REPLACE INTO account (id, body) VALUES (1, ?)", JSON.stringify(account));
    return account;
  }

  /** A change that has its version. */
  change(account: Account, change: Partial<Account>, nowMs: number): Account {
    return this.save({ ...account, ...change, updatedAtMs: nowMs, version: account.version + 1 });
  }
}

const instant = (ms: number): string => new Date(ms).toISOString();
const instantOrNull = (ms: number | null): string | null => (ms === null ? null : instant(ms));

export function viewOfAccount(
  account: Account,
  { totp, identities }: { readonly totp: boolean; readonly identities: readonly string[] },
): UserView {
  const { userId, email, emailVerified, username, fullName, role, permissions, status, logIns, version } = account;
  return {
    id: userId,
    email,
    emailVerified,
    username,
    fullName,
    role,
    permissions,
    status,
    totp,
    identities: [...identities],
    passwordChangedAt: instantOrNull(account.passwordChangedAtMs),
    lastLogInAt: instantOrNull(account.lastLogInAtMs),
    logIns,
    createdAt: instant(account.createdAtMs),
    updatedAt: instant(account.updatedAtMs),
    version,
  };
}
