/**
 * One tenant: who it is and which API keys open its data. Addressed by the tenant's id.
 *
 * T1 A key's secret is kept as its SHA-256 only (the secret has 160 random bits: nothing to guess).
 * T2 An unknown tenant writes nothing: asking for one leaves no trace.
 */
import { DurableObject } from "cloudflare:workers";
import { createHash, timingSafeEqual } from "node:crypto";
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLettersRpc,
  FailedMessage,
  QueueName,
} from "../../shared/contracts/dead-letters.ts";
import type { Principal } from "../../shared/contracts/principal.ts";
import type { Refusable } from "../../shared/contracts/objects.ts";
import { formatApiKey } from "../../shared/core/access/api-key.ts";
import { newId } from "../../shared/core/ids.ts";
import { ok, refuse } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import type { Settlement, UsageDay } from "../../shared/contracts/usage.ts";
import type { StalledPosition } from "../../shared/ports/asset-index.ts";
import { applySchema } from "../runtime/schema.ts";
import { type Bounds, DeadLetterStore, type OpenLetter } from "./dead-letters.ts";
import { sendAgain } from "./redrive.ts";
import { TENANT_SCHEMA } from "./schema.ts";
import { UsageStore } from "./usage.ts";

/** A year and a month, so that a year can be compared with the one before it day by day at its end. */
const USAGE_DAYS = 400;

export class Tenant extends DurableObject<Env> implements DeadLettersRpc {
  #exists: boolean;
  readonly #letters: DeadLetterStore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#letters = new DeadLetterStore(ctx.storage);
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
    const permissions = JSON.parse(row.scopes) as Principal["permissions"];
    return { tenant: row.tenant, actor: { kind: "api-key", id: keyId }, permissions };
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

  /** Keeps a message that no consumer could act on. Idempotent by arrival. */
  async keepDeadLetter(message: FailedMessage, entity: string | null): Promise<void> {
    this.#admit();
    this.#letters.keep(message, entity, Date.now(), this.#bounds());
  }

  /** The last try of a message is about to fail with this; its dead letter will say so. */
  async noteLastError(queue: QueueName, body: unknown, error: string): Promise<void> {
    this.#admit();
    this.#letters.note(queue, body, error, Date.now());
  }

  async deadLetters(page: DeadLetterPage): Promise<{ letters: DeadLetter[]; dropped: number }> {
    return this.#exists
      ? { letters: this.#letters.read(page), dropped: this.#letters.dropped() }
      : { letters: [], dropped: 0 };
  }

  async deadLetter(id: string): Refusable<DeadLetter> {
    const letter = this.#exists ? this.#letters.get(id) : null;
    return letter === null ? noLetter : ok(letter);
  }

  async redrive(id: string): Refusable<DeadLetter> {
    const found = await this.deadLetter(id);
    if (!found.ok || found.value.status === "redriven") return found;
    if (found.value.status === "purged") {
      return refuse({ code: "dead_letter_purged", detail: "What the message said is forgotten." });
    }
    const fault = await this.#send(this.#letters.open({ id, queue: null, limit: 1 }));
    return fault === null ? this.deadLetter(id) : refuse(fault);
  }

  async redriveAll(filter: {
    queue: QueueName | null;
    limit: number;
  }): Refusable<{ redriven: number; remaining: number }> {
    if (!this.#exists) return ok({ redriven: 0, remaining: 0 });
    const letters = this.#letters.open({ id: null, ...filter });
    const fault = await this.#send(letters);
    return fault === null
      ? ok({ redriven: letters.length, remaining: this.#letters.countOpen(filter.queue) })
      : refuse(fault);
  }

  async purge(id: string): Refusable<null> {
    return this.#exists && this.#letters.purge(id) ? ok(null) : noLetter;
  }

  /** Where the sweep over all tenants' assets has to go on; asked of the platform's own object only. */
  async sweepPosition(): Promise<StalledPosition | null> {
    if (!this.#exists) return null;
    const row = this.ctx.storage.sql.exec<{ position: string }>("SELECT position FROM sweep WHERE id = 1").toArray()[0];
    // SAFETY: written by keepSweepPosition.
    return row === undefined ? null : (JSON.parse(row.position) as StalledPosition);
  }

  /** Null when the sweep has come to its end: the next one starts over. */
  async keepSweepPosition(position: StalledPosition | null): Promise<void> {
    this.#admit();
    const { sql } = this.ctx.storage;
    if (position === null) sql.exec("DELETE FROM sweep");
    else sql.exec("INSERT OR REPLACE INTO sweep (id, position) VALUES (1, ?)", JSON.stringify(position));
  }

  /** Sent before it is marked: an end in between sends it twice, never not at all. Null when all were sent. */
  async #send(letters: readonly OpenLetter[]): Promise<Refusal | null> {
    const { INSPECT_QUEUE: inspect, PLACE_QUEUE: place, INDEX_QUEUE: index } = this.env;
    try {
      await sendAgain(letters, { inspect, place, index }, (sent) => this.#letters.redriven(sent));
      return null;
    } catch (error) {
      // eslint-disable-next-line no-console -- the platform's log is the console
      console.error(
        JSON.stringify({ event: "redrive_failed", error: error instanceof Error ? error.message : String(error) }),
      );
      return { code: "queue_unavailable", detail: "The queue did not take the message." };
    }
  }

  #bounds(): Bounds {
    return {
      maxLetters: Number(this.env.DEAD_LETTERS_MAX),
      maxAgeMs: Number(this.env.DEAD_LETTERS_MAX_DAYS) * 86_400_000,
    };
  }

  /** From here on the object has tables: something about the tenant has to be kept. */
  #admit(): void {
    if (this.#exists) return;
    applySchema(this.ctx.storage, TENANT_SCHEMA);
    this.#exists = true;
  }
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

const noLetter = refuse<Refusal>({ code: "not_found", detail: "There is no such dead letter." });
