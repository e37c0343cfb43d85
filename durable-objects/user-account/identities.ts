/** Which persons of identity providers the account belongs to: one of each provider. */
export class IdentityStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  providers(): string[] {
    return this.#sql
      .exec<{ provider: string }>("SELECT provider FROM identities ORDER BY provider")
      .toArray()
      .map(({ provider }) => provider);
  }

  subjectAt(provider: string): string | null {
    const rows = this.#sql.exec<{ subject: string }>("SELECT subject FROM identities WHERE provider = ?", provider);
    return rows.toArray()[0]?.subject ?? null;
  }

  link(provider: string, subject: string): void {
    this.#sql.exec("INSERT INTO identities (provider, subject) VALUES (?, ?)", provider, subject);
  }

  removeAll(): void {
    this.#sql.exec("DELETE FROM identities");
  }
}
