/**
 * Tells the platform's list of this tenant, once: releases before the list made tenants that are not in it, and a creation
 * may be cut off between the two. Enlisting again changes nothing.
 */
import { PLATFORM_TENANT } from "../../shared/core/access/permissions.ts";
import { tenantObject } from "../addresses.ts";
import type { Profile } from "./profile.ts";

export class Announcement {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Never rejects: what could not be told is told at the next wake. Null for a tenant that is not there. */
  async make(env: Env, profile: Profile | null): Promise<void> {
    if (profile === null || !this.#isDue(profile)) return;
    const { tenant, createdAtMs } = profile;
    try {
      const listed = await tenantObject(env, PLATFORM_TENANT).enlistTenant({ tenant, createdAtMs }, null);
      if (listed.ok) this.#sql.exec("INSERT OR IGNORE INTO announced (id, at) VALUES (1, ?)", Date.now());
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      // eslint-disable-next-line no-console -- the platform's log is the console
      console.error(JSON.stringify({ event: "tenant_not_announced", tenant, error: told }));
    }
  }

  #isDue({ status }: Profile): boolean {
    if (status === "deleting" || status === "deleted") return false;
    return this.#sql.exec("SELECT 1 FROM announced").toArray().length === 0;
  }
}
