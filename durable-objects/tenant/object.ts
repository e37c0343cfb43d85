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
import { applySchema, type SchemaStep } from "../runtime/schema.ts";

const SCHEMA: readonly SchemaStep[] = [
  [
    "CREATE TABLE profile (id INTEGER PRIMARY KEY CHECK (id = 1), tenant TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL)",
    "CREATE TABLE api_keys (id TEXT PRIMARY KEY, secret_sha256 TEXT NOT NULL, scopes TEXT NOT NULL, created_at INTEGER NOT NULL, disabled_at INTEGER) WITHOUT ROWID",
  ],
];

export type Principal = { readonly tenant: string; readonly keyId: string; readonly scopes: string[] };

export class Tenant extends DurableObject<Env> {
  #exists: boolean;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#exists =
      ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'profile'").toArray().length >
      0;
    if (this.#exists) applySchema(ctx.storage, SCHEMA);
  }

  /** Creates the tenant when it is new, and issues a key with every scope. The key is shown this once. */
  async bootstrap(tenant: string, name: string): Promise<{ apiKey: string }> {
    applySchema(this.ctx.storage, SCHEMA);
    this.#exists = true;
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
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
