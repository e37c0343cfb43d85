/**
 * The API keys of a tenant.
 *
 * K1 A key's secret is kept as its SHA-256 only (the secret has 160 random bits: nothing to guess).
 * K2 A key opens when it is enabled, not expired, and its secret is the current one or, until `graceUntil`, the one before.
 * K3 A key has no permission that its maker lacked.
 * K4 The user behind a key bounds what it may: its maker, or the one behind the key that made it, so that no key outgrows
 *    a user by way of another. What they may now, their account knows.
 * K5 The last use is known within a minute, and writing it down delays no answer.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import {
  type ApiKeyView,
  type CreateApiKey,
  type KeyLimit,
  type KeyMaker,
  KeyPermission,
  type UpdateApiKey,
} from "../../shared/contracts/api-key.ts";
import { formatApiKey } from "../../shared/core/access/api-key.ts";
import { allows } from "../../shared/core/access/permissions.ts";
import { newId } from "../../shared/core/ids.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { changed } from "./profile.ts";

type Row = {
  id: string;
  secret_sha256: string;
  scopes: string;
  created_at: number;
  disabled_at: number | null;
  name: string;
  ending: string | null;
  rate_limit: string | null;
  created_by: string | null;
  owner: string | null;
  updated_at: number | null;
  expires_at: number | null;
  previous_sha256: string | null;
  grace_until: number | null;
  last_used_at: number | null;
  version: number;
};

export type OpenKey = {
  readonly permissions: readonly KeyPermission[];
  readonly keyLimit: KeyLimit | null;
  /** K4; null for nobody. */
  readonly owner: string | null;
};
type Issued = { readonly keyId: string; readonly secret: string };

export class ApiKeyStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  create(tenant: string, body: CreateApiKey, maker: KeyMaker | null, nowMs: number): Result<Issued, Refusal> {
    const refused = notGiven(body.permissions, maker) ?? notInFuture(body.expiresAt ?? null, nowMs);
    if (refused !== null) return refuse(refused);
    const keyId = newId("key", nowMs, crypto.getRandomValues(new Uint8Array(16)));
    const secret = newSecret();
    const whole = formatApiKey(tenant, keyId, secret);
    this.#sql.exec(
      `INSERT INTO api_keys (id, secret_sha256, scopes, created_at, disabled_at, name, ending, rate_limit, created_by, owner, expires_at)
       VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?)`,
      keyId,
      sha256(secret).toString("hex"),
      JSON.stringify(body.permissions),
      nowMs,
      body.name,
      whole.slice(-4),
      body.limit === undefined ? null : JSON.stringify(body.limit),
      maker?.id ?? null,
      this.#behind(maker),
      body.expiresAt === undefined ? null : Date.parse(body.expiresAt),
    );
    return ok({ keyId, secret: whole });
  }

  /** K2. Null for everything that does not open. */
  open(keyId: string, secret: string, nowMs: number): OpenKey | null {
    const row = this.#row(keyId);
    if (row === null || row.disabled_at !== null || (row.expires_at !== null && row.expires_at <= nowMs)) return null;
    const digest = sha256(secret);
    const current = same(digest, row.secret_sha256);
    const inGrace = row.previous_sha256 !== null && row.grace_until !== null && row.grace_until > nowMs;
    if (!current && !(inGrace && same(digest, row.previous_sha256 ?? ""))) return null;
    return { permissions: permissionsOf(row), keyLimit: limitOf(row), owner: row.owner };
  }

  /** When what `open` said of the key at `nowMs` ends by itself, in milliseconds since 1970; null for never. */
  endsAtMs(keyId: string, nowMs: number): number | null {
    const row = this.#row(keyId);
    const ends = [row?.expires_at ?? null, row?.grace_until ?? null].filter((at) => at !== null && at > nowMs);
    return ends.length === 0 ? null : Math.min(...ends.map(Number));
  }

  /** Newest first. */
  list(page: { after: string | null; limit: number }, nowMs: number): ApiKeyView[] {
    return this.#sql
      .exec<Row>(
        "SELECT * FROM api_keys WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2",
        page.after,
        page.limit,
      )
      .toArray()
      .map((row) => viewOf(row, nowMs));
  }

  get(keyId: string, nowMs: number): Result<ApiKeyView, Refusal> {
    const row = this.#row(keyId);
    return row === null ? noKey : ok(viewOf(row, nowMs));
  }

  update(
    keyId: string,
    change: UpdateApiKey,
    by: { maker: KeyMaker; ifVersion: number | null },
    nowMs: number,
  ): Result<ApiKeyView, Refusal> {
    const row = this.#row(keyId);
    if (row === null) return noKey;
    if (by.ifVersion !== null && by.ifVersion !== row.version) return changed(row.version);
    const refused =
      notGiven(change.permissions ?? [], by.maker) ??
      (change.expiresAt === undefined ? null : notInFuture(change.expiresAt, nowMs));
    if (refused !== null) return refuse(refused);
    this.#write(keyId, nowMs, "name = ?, scopes = ?, expires_at = ?, rate_limit = ?", [
      change.name ?? row.name,
      change.permissions === undefined ? row.scopes : JSON.stringify(change.permissions),
      change.expiresAt === undefined ? row.expires_at : timeOf(change.expiresAt),
      change.limit === undefined ? row.rate_limit : change.limit === null ? null : JSON.stringify(change.limit),
    ]);
    return this.get(keyId, nowMs);
  }

  /** Disabling what is disabled, or enabling what is enabled, changes nothing. */
  setEnabled(keyId: string, enabled: boolean, nowMs: number): Result<ApiKeyView, Refusal> {
    const row = this.#row(keyId);
    if (row === null) return noKey;
    if ((row.disabled_at === null) !== enabled) {
      this.#write(keyId, nowMs, "disabled_at = ?", [enabled ? null : nowMs]);
    }
    return this.get(keyId, nowMs);
  }

  /** K3: who is shown the secret could have made the key. */
  roll(
    tenant: string,
    keyId: string,
    { graceSeconds, maker }: { graceSeconds: number; maker: KeyMaker },
    nowMs: number,
  ): Result<Issued, Refusal> {
    const row = this.#row(keyId);
    if (row === null) return noKey;
    const refused = notGiven(permissionsOf(row), maker);
    if (refused !== null) return refuse(refused);
    const secret = newSecret();
    const whole = formatApiKey(tenant, keyId, secret);
    const grace = graceSeconds > 0;
    this.#write(keyId, nowMs, "secret_sha256 = ?, ending = ?, previous_sha256 = ?, grace_until = ?", [
      sha256(secret).toString("hex"),
      whole.slice(-4),
      grace ? row.secret_sha256 : null,
      grace ? nowMs + graceSeconds * 1000 : null,
    ]);
    return ok({ keyId, secret: whole });
  }

  delete(keyId: string): Result<null, Refusal> {
    const deleted = this.#sql.exec("DELETE FROM api_keys WHERE id = ? RETURNING id", keyId).toArray();
    return deleted.length === 0 ? noKey : ok(null);
  }

  noteUse(keyId: string, atMs: number): void {
    this.#sql.exec(
      "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND coalesce(last_used_at, 0) < ?2",
      keyId,
      atMs,
    );
  }

  /** K4. */
  #behind(maker: KeyMaker | null): string | null {
    if (maker === null || maker.id.startsWith("usr_")) return maker?.id ?? null;
    return this.#row(maker.id)?.owner ?? null;
  }

  #row(keyId: string): Row | null {
    return this.#sql.exec<Row>("SELECT * FROM api_keys WHERE id = ?", keyId).toArray()[0] ?? null;
  }

  #write(keyId: string, nowMs: number, assignments: string, values: (string | number | null)[]): void {
    this.#sql.exec(
      `UPDATE api_keys SET ${assignments}, version = version + 1, updated_at = ? WHERE id = ?`,
      ...values,
      nowMs,
      keyId,
    );
  }
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const same = (digest: Buffer, hex: string): boolean => timingSafeEqual(digest, Buffer.from(hex, "hex"));

/** 160 random bits as 32 characters of base 32. */
function newSecret(): string {
  const random = crypto.getRandomValues(new Uint8Array(32));
  const half = (from: number): string => newId("key", 0, random.subarray(from, from + 16)).slice(-16);
  return half(0) + half(16);
}

/** What `*` stands for in a key. */
const EVERY = KeyPermission.options.filter((each) => each !== "*");

/** K3. Null when the maker may give all of it. */
function notGiven(wanted: readonly KeyPermission[], maker: KeyMaker | null): Refusal | null {
  if (maker === null) return null;
  const lacking = wanted.find((each) => !mayGive(maker.permissions, each));
  if (lacking === undefined) return null;
  return { code: "forbidden", detail: `This takes the permission ${lacking}, to give it.`, pointer: "/permissions" };
}

/** `*` is given by whom has it, and by whom has everything it includes. */
function mayGive(own: readonly string[], wanted: KeyPermission): boolean {
  if (wanted !== "*") return allows(own, wanted);
  return own.includes("*") || EVERY.every((each) => own.includes(each));
}

function notInFuture(expiresAt: string | null, nowMs: number): Refusal | null {
  if (expiresAt === null || Date.parse(expiresAt) > nowMs) return null;
  return { code: "invalid_request", detail: "A key expires in the future.", pointer: "/expiresAt" };
}

const iso = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString());
const timeOf = (text: string | null): number | null => (text === null ? null : Date.parse(text));
// SAFETY, here and below: written by `create` and `update`.
const permissionsOf = (row: Row): KeyPermission[] => JSON.parse(row.scopes) as KeyPermission[];
const limitOf = (row: Row): KeyLimit | null =>
  row.rate_limit === null ? null : (JSON.parse(row.rate_limit) as KeyLimit);

function viewOf(row: Row, nowMs: number): ApiKeyView {
  const expired = row.expires_at !== null && row.expires_at <= nowMs;
  return {
    id: row.id,
    name: row.name,
    permissions: permissionsOf(row),
    status: row.disabled_at !== null ? "disabled" : expired ? "expired" : "enabled",
    ending: row.ending,
    limit: limitOf(row),
    createdBy: row.created_by,
    owner: row.owner,
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at ?? row.created_at).toISOString(),
    expiresAt: iso(row.expires_at),
    graceUntil: row.grace_until !== null && row.grace_until > nowMs ? iso(row.grace_until) : null,
    lastUsedAt: iso(row.last_used_at),
    version: row.version,
  };
}

const noKey = refuse<Refusal>({ code: "not_found", detail: "There is no such API key." });
