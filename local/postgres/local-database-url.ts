/** The one user of the local database. */
export const LOCAL_USER = "aima";

/** The one database of the local endpoint. */
export const LOCAL_DATABASE = "aima";

/**
 * The `DATABASE_URL` of the local endpoint. Its host is a name only: the driver is led to the endpoint by
 * `NEON_LOCAL`, which is `127.0.0.1:<port>`.
 */
export function localDatabaseUrl(password: string): string {
  return `postgresql://${LOCAL_USER}:${encodeURIComponent(password)}@localhost/${LOCAL_DATABASE}`;
}
