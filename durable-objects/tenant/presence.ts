/**
 * Whether there is the tenant. One that was only asked for has no tables; one that was deleted has them, and is not there
 * all the same: its id and the times of its deletion stay, so that the id is never given again.
 */
import type { TenantStatus } from "../../shared/contracts/tenant.ts";
import { applySchema } from "../runtime/schema.ts";
import { TENANT_SCHEMA } from "./schema.ts";

export class Presence {
  readonly #storage: DurableObjectStorage;
  #hasTables: boolean;
  #status: TenantStatus | null = null;

  /** Tables of an earlier release are completed. */
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#hasTables =
      storage.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'profile'").toArray().length > 0;
    if (this.#hasTables) applySchema(storage, TENANT_SCHEMA);
    this.look();
  }

  /** Not for a tenant that was deleted. */
  get exists(): boolean {
    return this.#hasTables && this.#status !== "deleted";
  }

  get hasTables(): boolean {
    return this.#hasTables;
  }

  /** Reads anew whether the tenant is being deleted, or was. */
  look(): void {
    if (!this.#hasTables) return;
    const row = this.#storage.sql.exec<{ status: string }>("SELECT status FROM profile WHERE id = 1").toArray()[0];
    // SAFETY: written by `ProfileStore`.
    this.#status = (row?.status ?? null) as TenantStatus | null;
  }

  /**
   * From here on the object has tables: something about the tenant has to be kept. False for a tenant that is being
   * deleted, or was: of that nothing more may be.
   */
  admit(): boolean {
    if (this.#status === "deleting" || this.#status === "deleted") return false;
    if (!this.#hasTables) applySchema(this.#storage, TENANT_SCHEMA);
    this.#hasTables = true;
    return true;
  }
}
