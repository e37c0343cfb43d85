/**
 * What a tenant's object keeps of its deletion: how it stands, and the assets that have to go.
 *
 * S1 An asset is found, then purged, then erased; finding it again changes nothing. A job that turns up by itself is
 *    there to be erased only.
 * S2 What `forgetTenant` leaves is the id, the times and the counts: the id is never given again.
 */
import type { DeletionCounts } from "../../../shared/contracts/tenant-deletion.ts";
import type { DeletionState } from "../core/deletion.ts";

export type Stage = "found" | "purged" | "erased";

/** What stays of a tenant, by table. */
const TOMBSTONE = ["profile", "deletion", "schema_version"];

export class DeletionStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get(): DeletionState | null {
    const row = this.#sql.exec<{ state: string }>("SELECT state FROM deletion WHERE id = 1").toArray()[0];
    // SAFETY: written by `keep`.
    return row === undefined ? null : (JSON.parse(row.state) as DeletionState);
  }

  keep(state: DeletionState): void {
    this.#sql.exec("INSERT OR REPLACE INTO deletion (id, state) VALUES (1, ?)", JSON.stringify(state));
  }

  /** How many of them are news. */
  found(assetIds: readonly string[]): number {
    return this.#sql
      .exec(
        "INSERT OR IGNORE INTO deletion_assets (id) SELECT value FROM json_each(?) RETURNING id",
        JSON.stringify(assetIds),
      )
      .toArray().length;
  }

  /** Jobs have nothing to purge. */
  foundJob(jobId: string): void {
    this.#sql.exec(
      "INSERT INTO deletion_assets (id, stage) VALUES (?, 'purged') ON CONFLICT (id) DO UPDATE SET stage = 'purged'",
      jobId,
    );
  }

  /** Assets that the tenant's own books name: claims on its quotas, and the jobs it was told of. */
  foundInOwnBooks(): number {
    return this.#sql
      .exec(
        `INSERT OR IGNORE INTO deletion_assets (id)
           SELECT id FROM quota_claims WHERE id GLOB 'ast_*' UNION SELECT asset_id FROM settlements
         RETURNING id`,
      )
      .toArray().length;
  }

  /** In order of their ids. */
  assets(stage: Stage, after: string | null, limit: number): string[] {
    return this.#sql
      .exec<{ id: string }>(
        "SELECT id FROM deletion_assets WHERE stage = ? AND id > ? ORDER BY id LIMIT ?",
        stage,
        after ?? "",
        limit,
      )
      .toArray()
      .map(({ id }) => id);
  }

  /** False for one that has come so far already. */
  advance(id: string, stage: Exclude<Stage, "found">): boolean {
    const before: Stage = stage === "purged" ? "found" : "purged";
    return (
      this.#sql
        .exec(
          "UPDATE deletion_assets SET stage = ?, fault = NULL WHERE id = ? AND stage = ? RETURNING id",
          stage,
          id,
          before,
        )
        .toArray().length > 0
    );
  }

  fault(assetId: string, fault: string): void {
    this.#sql.exec("UPDATE deletion_assets SET fault = ? WHERE id = ?", fault, assetId);
  }

  /** Of the assets in this stage: how many there are, and what is wrong with the first that has a fault. */
  remaining(stage: Stage): { assets: number; faults: number; first: string | null } {
    return this.#sql
      .exec<{ assets: number; faults: number; first: string | null }>(
        `SELECT count(*) AS assets, count(fault) AS faults,
           (SELECT id || ': ' || fault FROM deletion_assets WHERE stage = ?1 AND fault IS NOT NULL ORDER BY id LIMIT 1) AS first
         FROM deletion_assets WHERE stage = ?1`,
        stage,
      )
      .one();
  }

  clearFaults(stage: Stage): void {
    this.#sql.exec("UPDATE deletion_assets SET fault = NULL WHERE stage = ? AND fault IS NOT NULL", stage);
  }

  /** At the end: nothing of a deleted tenant is named here. */
  dropErased(): void {
    this.#sql.exec("DELETE FROM deletion_assets WHERE stage = 'erased'");
  }

  /** Members, those who left, and reservations nobody confirmed; by id. */
  users(limit: number): string[] {
    return this.#sql
      .exec<{ id: string }>(
        "SELECT user_id AS id FROM members UNION SELECT user_id FROM former_members ORDER BY 1 LIMIT ?",
        limit,
      )
      .toArray()
      .map(({ id }) => id);
  }

  /** How many were there to be dropped. */
  dropUsers(userIds: readonly string[]): number {
    const gone = ["members", "former_members"].flatMap((table) =>
      this.#sql
        .exec<{ user_id: string }>(
          `DELETE FROM ${table} WHERE user_id IN (SELECT value FROM json_each(?)) RETURNING user_id`,
          JSON.stringify(userIds),
        )
        .toArray(),
    );
    return new Set(gone.map((row) => row.user_id)).size;
  }

  /** S2, within the caller's transaction. */
  forgetTenant(nowMs: number): void {
    const tables = this.#sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '[_s][cq][fl]*'")
      .toArray();
    for (const { name } of tables) if (!TOMBSTONE.includes(name)) this.#sql.exec(`DELETE FROM "${name}"`);
    this.#sql.exec(
      "UPDATE profile SET name = '', status = 'deleted', version = version + 1, updated_at = ? WHERE id = 1",
      nowMs,
    );
  }
}

export const counted = (state: DeletionState, more: Partial<DeletionCounts>): DeletionState => {
  const counts = { ...state.counts };
  // SAFETY: the keys of `more` are those of the counts.
  for (const [name, by] of Object.entries(more) as [keyof DeletionCounts, number][]) counts[name] += by;
  return { ...state, counts };
};
