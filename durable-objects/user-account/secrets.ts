/** The table of what lets somebody in: hashes, and sealed texts. Nothing else of the object has any of it. */
export type SecretName = "password" | "totp" | "totp-pending" | "totp-step" | "recovery";

export class SecretStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(name: SecretName): string | null {
    return (
      this.#sql.exec<{ value: string }>("SELECT value FROM secrets WHERE name = ?", name).toArray()[0]?.value ?? null
    );
  }

  set(name: SecretName, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO secrets (name, value) VALUES (?, ?)", name, value);
  }

  remove(...names: readonly SecretName[]): void {
    for (const name of names) this.#sql.exec("DELETE FROM secrets WHERE name = ?", name);
  }

  removeAll(): void {
    this.#sql.exec("DELETE FROM secrets");
  }
}
