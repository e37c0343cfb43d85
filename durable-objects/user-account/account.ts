/** What is kept of a user beside secrets and sessions, and how it is shown. */
import { z } from "zod";
import { GrantablePermission, type ListedUser, UserStatus, type UserView } from "../../shared/contracts/user.ts";
import { ROLES } from "../../shared/core/access/permissions.ts";
import type { Outbox } from "../runtime/outbox.ts";

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
  /** Counts every change that the list of users shows: logins too, which are no version. */
  seq: z.int().default(0),
});
export type Account = z.infer<typeof Account>;

/** Where the list of users is told of what has changed, and the one row about it. */
export const LIST_TARGET = "queue:index";
export const LIST_KEY = "user";

/** Every change goes to the list of users, in the transaction that makes it. */
export class AccountStore {
  readonly #sql: SqlStorage;
  readonly #outbox: Outbox;
  /** One that is there stays: also a deleted user has their row. */
  #seen = false;

  constructor(sql: SqlStorage, outbox: Outbox) {
    this.#sql = sql;
    this.#outbox = outbox;
  }

  get(): Account | null {
    const row = this.#sql.exec<{ body: string }>("SELECT body FROM account").toArray()[0];
    this.#seen = row !== undefined;
    return row === undefined ? null : Account.parse(JSON.parse(row.body));
  }

  isThere(): boolean {
    return this.#seen || this.get() !== null;
  }

  forget(): void {
    this.#seen = false;
  }

  save(changed: Account, nowMs: number): Account {
    const account = { ...changed, seq: changed.seq + 1 };
    this.#sql.exec("INSERT OR REPLACE INTO account (id, body) VALUES (1, ?)", JSON.stringify(account));
    this.#seen = true;
    this.tell(account, nowMs);
    return account;
  }

  /** A change that has its version. */
  change(account: Account, change: Partial<Account>, nowMs: number): Account {
    return this.save({ ...account, ...change, updatedAtMs: nowMs, version: account.version + 1 }, nowMs);
  }

  /** Has the list of users told, also of what it was told before. */
  tell({ tenant, userId, seq }: Account, nowMs: number): void {
    const body = { tenant, userId, seq };
    this.#outbox.add([{ target: LIST_TARGET, key: LIST_KEY, body, confirmedByReceiver: true }], nowMs);
  }
}

/** The line of the list of users; null for who is in none. */
export function listedUser(account: Account, totp: boolean): ListedUser | null {
  const { status } = account;
  if (status === "deleted") return null;
  const { userId, email, emailVerified, username, fullName, role, logIns } = account;
  return {
    id: userId,
    email,
    emailVerified,
    username,
    fullName,
    role,
    status,
    totp,
    passwordChangedAt: instantOrNull(account.passwordChangedAtMs),
    lastLogInAt: instantOrNull(account.lastLogInAtMs),
    logIns,
    createdAt: instant(account.createdAtMs),
  };
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
