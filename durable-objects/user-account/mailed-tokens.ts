/**
 * Tokens that were mailed, or shown to who had the right password: each is good once, for a time, and the newest of its
 * purpose only. Kept as hashes.
 */
import type { TokenPurpose } from "../../shared/core/identity/secret-token.ts";
import { hashSecret, newSecret, secretMatches } from "../../shared/identity/secret.ts";

const LIFETIME_MS: Readonly<Record<TokenPurpose, number>> = {
  reset: 3_600_000,
  verify: 86_400_000,
  invite: 7 * 86_400_000,
  expired: 15 * 60_000,
};

export class MailedTokenStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  issue(purpose: TokenPurpose, nowMs: number): { readonly secret: string; readonly expiresAtMs: number } {
    const secret = newSecret();
    const expiresAtMs = nowMs + LIFETIME_MS[purpose];
    this.#sql.exec(
      "INSERT OR REPLACE INTO mailed_tokens (purpose, hash, expires_at) VALUES (?, ?, ?)",
      purpose,
      hashSecret(secret),
      expiresAtMs,
    );
    return { secret, expiresAtMs };
  }

  fits(purpose: TokenPurpose, secret: string, nowMs: number): boolean {
    const row = this.#sql
      .exec<{ hash: string }>("SELECT hash FROM mailed_tokens WHERE purpose = ? AND expires_at > ?", purpose, nowMs)
      .toArray()[0];
    return row !== undefined && secretMatches(secret, row.hash);
  }

  drop(...purposes: readonly TokenPurpose[]): void {
    for (const purpose of purposes) this.#sql.exec("DELETE FROM mailed_tokens WHERE purpose = ?", purpose);
  }

  dropAll(): void {
    this.#sql.exec("DELETE FROM mailed_tokens");
  }
}
