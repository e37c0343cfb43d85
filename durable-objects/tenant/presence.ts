/** Whether the object has tables. A tenant that was only asked for has none. */
import { applySchema } from "../runtime/schema.ts";
import { TENANT_SCHEMA } from "./schema.ts";

export class Presence {
  readonly #storage: DurableObjectStorage;
  #exists: boolean;

  /** Tables of an earlier release are completed. */
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#exists =
      storage.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'profile'").toArray().length > 0;
    if (this.#exists) applySchema(storage, TENANT_SCHEMA);
  }

  get exists(): boolean {
    return this.#exists;
  }

  /** From here on the object has tables: something about the tenant has to be kept. */
  admit(): void {
    if (this.#exists) return;
    applySchema(this.#storage, TENANT_SCHEMA);
    this.#exists = true;
  }
}
