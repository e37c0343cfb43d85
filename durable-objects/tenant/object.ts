/**
 * One tenant: who it is and which API keys open its data. Addressed by the tenant's id.
 *
 * T1 A key's secret is kept as its SHA-256 only (the secret has 160 random bits: nothing to guess).
 * T2 An unknown tenant writes nothing: asking for one leaves no trace.
 */
import { DurableObject } from "cloudflare:workers";
import { createHash, timingSafeEqual } from "node:crypto";
import { formatApiKey } from "../../shared/core/access/api-key.ts";
import { newId } from "../../shared/core/ids.ts";
import type { Settlement, UsageDay } from "../../shared/contracts/usage.ts";
import { applySchema } from "../runtime/schema.ts";
import { TENANT_SCHEMA } from "./schema.ts";
import { UsageStore } from "./usage.ts";

export type Principal = { readonly tenant: string; readonly keyId: string; readonly scopes: string[] };

/** A year and a month, so that a year can be compared with the one before it day by day at its end. */
const USAGE_DAYS = 400;

export class Tenant extends DurableObject<Env> {
  #exists: boolean;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#exists =
      ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'profile'").toArray().length >
      0;
    if (this.#exists) applySchema(ctx.storage, TENANT_SCHEMA);
  }

  /** Creates the tenant when it is new, and issues a key with every scope. The key is shown this once. */
  async bootstrap(tenant: string, name: string): Promise<{ apiKey: string }> {
    this.#admit();
    const now = Date.now();
    const keyId = newId("key", now, crypto.getRandomValues(new Uint8Array(16)));
    const random = crypto.getRandomValues(new Uint8Array(32));
    const secret = newId("key", 0, random.subarray(0, 16)).slice(-16) + newId("key", 0, random.subarray(16)).slice(-16);
    this.ctx.storage.transactionSync(() => {
      const { sql } = this.ctx.storage;
      sql.exec("INSERT OR IGNORE INTO profile (id, tenant, name, created_at) VALUES (1, ?, ?, ?)", tenant, name, now);
      sql.exec(
        "INSERT INTO api_keys (id, secret_sha256, scopes, created_at, disabled_at) VALUES (?, ?, ?, ?, NULL)",
        keyId,
        sha256(secret).toString("hex"),
        JSON.stringify(["*"]),
        now,
      );
    });
    return { apiKey: formatApiKey(tenant, keyId, secret) };
  }

  /** Null unless the key is known, enabled and its secret right. */
  async authenticate(keyId: string, secret: string): Promise<Principal | null> {
    if (!this.#exists) return null;
    const row = this.ctx.storage.sql
      .exec<{ secret_sha256: string; scopes: string; tenant: string }>(
        "SELECT secret_sha256, scopes, (SELECT tenant FROM profile) AS tenant FROM api_keys WHERE id = ? AND disabled_at IS NULL",
        keyId,
      )
      .toArray()[0];
    if (row === undefined || !timingSafeEqual(sha256(secret), Buffer.from(row.secret_sha256, "hex"))) return null;
    // SAFETY: written by bootstrap.
    return { tenant: row.tenant, keyId, scopes: JSON.parse(row.scopes) as string[] };
  }

  /** What a job has used, told at its end. Idempotent by job: the first settlement stands. */
  async settle(settlement: Settlement): Promise<void> {
    this.#admit();
    new UsageStore(this.ctx.storage).settle(settlement, Date.now());
  }

  /** Jobs and compute per day (UTC), newest first; at most 400 days. */
  async usage(): Promise<UsageDay[]> {
    return this.#exists ? new UsageStore(this.ctx.storage).days(USAGE_DAYS) : [];
  }

  /** From here on the object has tables: something about the tenant has to be kept. */
  #admit(): void {
    if (this.#exists) return;
    applySchema(this.ctx.storage, TENANT_SCHEMA);
    this.#exists = true;
  }
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
