/**
 * Who the tenant is, and whether anybody gets in.
 *
 * P1 `active` and `suspended` follow each other at will; `deleting` follows `suspended`, `deleted` only `deleting`.
 * P2 Every change counts the version up; a command that changes nothing leaves it.
 */
import type { TenantStatus } from "../../shared/contracts/tenant.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";

export type Profile = {
  readonly tenant: string;
  readonly name: string;
  readonly status: TenantStatus;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
};

type Row = {
  tenant: string;
  name: string;
  status: string;
  version: number;
  created_at: number;
  updated_at: number | null;
};

const FROM: Readonly<Record<TenantStatus, readonly TenantStatus[]>> = {
  active: ["suspended"],
  suspended: ["active"],
  deleting: ["suspended"],
  deleted: ["deleting"],
};

export class ProfileStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(): Profile | null {
    const row = this.#sql.exec<Row>("SELECT * FROM profile WHERE id = 1").toArray()[0];
    if (row === undefined) return null;
    return {
      tenant: row.tenant,
      name: row.name,
      // SAFETY: written by `become`.
      status: row.status as TenantStatus,
      version: row.version,
      createdAtMs: row.created_at,
      updatedAtMs: row.updated_at ?? row.created_at,
    };
  }

  /** False when the tenant is there already; then nothing changes. */
  create(tenant: string, name: string, nowMs: number): boolean {
    return (
      this.#sql
        .exec(
          "INSERT OR IGNORE INTO profile (id, tenant, name, created_at) VALUES (1, ?, ?, ?) RETURNING id",
          tenant,
          name,
          nowMs,
        )
        .toArray().length > 0
    );
  }

  rename(name: string, ifVersion: number | null, nowMs: number): Result<null, Refusal> {
    const profile = this.get();
    if (profile === null) return noTenant;
    if (ifVersion !== null && ifVersion !== profile.version) return changed(profile.version);
    if (name !== profile.name) this.#write("name = ?", name, nowMs);
    return ok(null);
  }

  /** P1. Becoming what it is changes nothing. */
  become(status: TenantStatus, nowMs: number): Result<null, Refusal> {
    const profile = this.get();
    if (profile === null) return noTenant;
    if (profile.status === status) return ok(null);
    if (!FROM[status].includes(profile.status)) {
      return refuse({
        code: "tenant_not_in_state",
        detail: `A tenant that is ${profile.status} cannot become ${status}.`,
      });
    }
    this.#write("status = ?", status, nowMs);
    return ok(null);
  }

  #write(assignment: string, value: string, nowMs: number): void {
    this.#sql.exec(`UPDATE profile SET ${assignment}, version = version + 1, updated_at = ?`, value, nowMs);
  }
}

export const noTenant = refuse<Refusal>({ code: "not_found", detail: "There is no such tenant." });

export const changed = (version: number) =>
  refuse<Refusal>({ code: "precondition_failed", detail: `The current version is ${version}.` });
