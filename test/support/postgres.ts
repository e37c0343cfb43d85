/** An endpoint in memory for one test file, migrated, with everything that talks to it. */
import { PostgresAssetIndex } from "../../shared/adapters/postgres/asset-index.ts";
import { connect } from "../../shared/adapters/postgres/connection.ts";
import type { Sql } from "../../shared/adapters/postgres/connection.ts";
import { openEndpoint } from "../../local/postgres/endpoint.ts";
import { openEngine } from "../../local/postgres/engine.ts";
import { LOCAL_DATABASE, LOCAL_USER, localDatabaseUrl } from "../../local/postgres/local-database-url.ts";
import { migrate } from "../../local/postgres/migrate.ts";

const PASSWORD = "for-tests-only";

export type TestPostgres = {
  readonly databaseUrl: string;
  /** `host:port`, the value of `NEON_LOCAL`. */
  readonly neonLocal: string;
  readonly sql: Sql;
  readonly index: PostgresAssetIndex;
  stop(): Promise<void>;
};

/** Starting takes 2 to 4 s: share one per file. */
export async function startPostgres(
  options: {
    readonly idleInTransactionTimeoutMs?: number;
    /** What happened to the database before it meets the migrations. */
    readonly beforeMigrations?: (sql: Sql) => Promise<void>;
  } = {},
): Promise<TestPostgres> {
  const { beforeMigrations, ...limits } = options;
  const engine = await openEngine(null);
  const endpoint = await openEndpoint({
    port: 0,
    credentials: { user: LOCAL_USER, password: PASSWORD, database: LOCAL_DATABASE },
    ...limits,
  });
  endpoint.serve(engine);
  const neonLocal = `127.0.0.1:${endpoint.port}`;
  const databaseUrl = localDatabaseUrl(PASSWORD);
  const sql = connect(databaseUrl, neonLocal);
  await beforeMigrations?.(sql);
  await migrate(databaseUrl, { neonLocal });
  return {
    databaseUrl,
    neonLocal,
    sql,
    index: new PostgresAssetIndex(sql),
    stop: async () => {
      await endpoint.close();
      await engine.close();
    },
  };
}

let tenants = 0;

/** A tenant nobody else in the file has. */
export function freshTenant(): string {
  tenants += 1;
  return `ten_test${String(tenants).padStart(4, "0")}`;
}
