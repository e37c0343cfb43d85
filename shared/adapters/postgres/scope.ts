/**
 * Whose rows a transaction may touch. Every adapter reaches the database through here, and keeps no connection of its
 * own to send a query past it.
 */
import type { NeonQueryFunctionInTransaction } from "@neondatabase/serverless";
import type { Sql } from "./connection.ts";
import { reachable } from "./connection.ts";

/** Writes the statements of a transaction; they run when all of them are written. */
type Statements = NeonQueryFunctionInTransaction<false, false>;

type Build = (sql: Statements) => readonly ReturnType<Statements>[];

/** Runs statements as one transaction in one HTTP request; the rows of each, in order. Throws `IndexUnavailable`. */
type Run = (build: Build) => Promise<unknown[]>;

/**
 * The scopes of a database. Its row-level security lets a transaction see and write the rows of its scope only, also
 * when the statements forget to ask for them. It guards against forgotten filters: whoever can write whole statements
 * could also name another tenant, so every value is a parameter.
 */
export type Scopes = {
  /** The rows of `tenant`, and no others. */
  readonly scoped: (tenant: string) => Run;
  /** For the operator's sweep: where the assets of all tenants stand, to read only. */
  readonly acrossTenants: Run;
};

/** The scopes of the database that `sql` leads to. Its login has to be allowed to take the roles of the scopes. */
export function scopesOf(sql: Sql): Scopes {
  const runAs =
    (role: string, tenant: string): Run =>
    async (build) => {
      // Both settings end with the transaction, so that a pooled connection carries no scope to the next one.
      const results = await reachable(
        sql.transaction((statements) => [
          statements`select set_config('role', ${role}, true), set_config('aima.tenant', ${tenant}, true)`,
          ...build(statements),
        ]),
      );
      return results.slice(1);
    };
  return { scoped: (tenant) => runAs("aima_tenant", tenant), acrossTenants: runAs("aima_sweep", "") };
}
