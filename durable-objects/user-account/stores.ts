/** The tables of one account, and whether there are any: an account that is only asked for has none. */
import { parseSigningKeys, type SigningKey } from "../../shared/tokens/signed-token.ts";
import { Outbox } from "../runtime/outbox.ts";
import { applySchema } from "../runtime/schema.ts";
import { type Account, AccountStore } from "./account.ts";
import { IdentityStore } from "./identities.ts";
import { LockoutStore } from "./lockout-store.ts";
import { MailedTokenStore } from "./mailed-tokens.ts";
import { MailStore } from "./mails.ts";
import { ACCOUNT_SCHEMA, LOCKOUT_SCHEMA } from "./schema.ts";
import { SecretStore } from "./secrets.ts";
import { SessionStore } from "./sessions.ts";

export class Stores {
  readonly keys: readonly SigningKey[];
  readonly outbox: Outbox;
  readonly accounts: AccountStore;
  readonly secrets: SecretStore;
  readonly sessions: SessionStore;
  readonly identities: IdentityStore;
  readonly mailedTokens: MailedTokenStore;
  readonly mails: MailStore;
  readonly lockout: LockoutStore;
  readonly #storage: DurableObjectStorage;
  #exist: boolean;
  #counting: boolean;

  /** `encryptionKeys` is the text of `ENCRYPTION_KEYS`. */
  constructor(storage: DurableObjectStorage, encryptionKeys: string) {
    const { sql } = storage;
    this.#storage = storage;
    this.keys = parseSigningKeys(encryptionKeys);
    this.secrets = new SecretStore(sql);
    this.sessions = new SessionStore(sql);
    this.identities = new IdentityStore(sql);
    this.mailedTokens = new MailedTokenStore(sql);
    this.mails = new MailStore(sql, this.keys);
    this.lockout = new LockoutStore(sql);
    const isThere = (table: string): boolean =>
      sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", table).toArray().length > 0;
    this.#exist = isThere("account");
    this.#counting = this.#exist || isThere("lockout");
    if (this.#exist) applySchema(storage, ACCOUNT_SCHEMA);
    this.outbox = new Outbox(sql, !this.#exist);
    // Read once at the wake, so that no command has to: a refused login costs the same whoever it is for.
    if (this.#exist) this.outbox.nextAt();
    this.accounts = new AccountStore(sql, this.outbox);
  }

  /** Whether there are the tables of an account. */
  get exist(): boolean {
    return this.#exist;
  }

  /** Whether failed logins are counted: of accounts that are there, and of names that somebody tried. */
  get counting(): boolean {
    return this.#counting;
  }

  /** From here on there are all tables. */
  admit(): void {
    if (this.#exist) return;
    applySchema(this.#storage, ACCOUNT_SCHEMA);
    this.#exist = true;
    this.#counting = true;
  }

  /** From here on failed logins can be counted. */
  count(): void {
    if (this.#counting) return;
    applySchema(this.#storage, LOCKOUT_SCHEMA);
    this.#counting = true;
  }

  /** Leaves no trace. */
  async wipe(): Promise<void> {
    this.#exist = false;
    this.#counting = false;
    this.forget();
    await this.#storage.deleteAll();
  }

  /** What is known of the tables may be wrong: a transaction was rolled back, or they are gone. */
  forget(): void {
    this.outbox.forget(!this.#exist);
    this.accounts.forget();
  }

  /** Null for an account that is not there, or was deleted. */
  account(): Account | null {
    const account = this.#exist ? this.accounts.get() : null;
    return account === null || account.status === "deleted" ? null : account;
  }
}
