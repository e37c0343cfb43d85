import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { verifyJournal } from "../../clients/sdk/src/journal/verify.ts";
import type { AuditEnding, AuditIntent } from "../../shared/contracts/audit.ts";
import { chainFile } from "../../shared/core/audit/export.ts";
import { auditLog } from "../addresses.ts";
import { SEGMENT_ROWS } from "./segments.ts";

let logs = 0;
function freshLog() {
  logs += 1;
  const tenant = `ten_audit${logs}`;
  const intent: AuditIntent = {
    tenant,
    event: "media.created",
    actor: { kind: "api-key", id: "key_1" },
    action: "createAsset",
    resource: null,
    requestId: "req_1",
    method: "POST",
    route: "/v1/assets",
    address: "192.0.2.1",
    userAgent: "test",
  };
  const raw = env.AUDIT_LOG.get(env.AUDIT_LOG.idFromName(tenant));
  return { tenant, intent, log: auditLog(env, tenant), raw };
}
const created: AuditEnding = {
  event: "media.created",
  outcome: "success",
  reason: null,
  status: 201,
  resource: { type: "asset", id: "ast_1" },
  before: null,
  after: { name: "a.jpg" },
};
type Page = Parameters<ReturnType<typeof auditLog>["search"]>[0];
const rowsOf = async (log: ReturnType<typeof auditLog>, asked: Page) => (await log.search(asked)).rows;
const page = { filter: {}, before: null, limit: 100 };

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
/** Makes every intent old, so that the next alarm ends it. */
const age = (raw: DurableObjectStub, byMs: number): Promise<void> =>
  runInDurableObject(raw, (_instance, state) => {
    state.storage.sql.exec("UPDATE pending SET due_at = due_at - ?", byMs);
  });

describe("an audit log", () => {
  it("L2: has one row for what was begun and ended, after an eviction in between too", async () => {
    const { log, raw, intent } = freshLog();
    await log.begin("1", intent);
    expect(await rowsOf(log, page)).toEqual([]);
    await evictDurableObject(raw);
    await log.end("1", created);
    await log.end("1", created);
    await log.end("never-begun", created);
    expect(await rowsOf(log, page)).toMatchObject([
      {
        seq: 1,
        event: "media.created",
        actor: { kind: "api-key", id: "key_1" },
        resource: { type: "asset", id: "ast_1" },
        outcome: "success",
        severity: "low",
        status: 201,
        after: { name: "a.jpg" },
        amends: null,
        prevHash: "0".repeat(64),
      },
    ]);
  });

  it("L2: what nobody ends becomes unknown by alarm; its late end amends it", async () => {
    const { log, raw, intent } = freshLog();
    await log.begin("1", intent);
    await evictDurableObject(raw);
    await runDurableObjectAlarm(raw);
    expect(await rowsOf(log, page)).toEqual([]);
    await age(raw, 60_000);
    await runDurableObjectAlarm(raw);
    await runDurableObjectAlarm(raw);
    expect(await rowsOf(log, page)).toMatchObject([{ seq: 1, outcome: "unknown", status: null, severity: "medium" }]);
    await log.end("1", created);
    expect(await rowsOf(log, page)).toMatchObject([{ seq: 2, outcome: "success", amends: 1 }, { seq: 1 }]);
  });

  it("L2: an intent that is begun again is given time anew", async () => {
    const { log, raw, intent } = freshLog();
    await log.begin("1", intent);
    await age(raw, 60_000);
    await log.begin("1", intent);
    await runDurableObjectAlarm(raw);
    expect(await rowsOf(log, page)).toEqual([]);
  });

  it("L1: is verified by the client's own verifier; one changed byte is found", async () => {
    const { log, raw, tenant, intent } = freshLog();
    for (let i = 0; i < 20; i += 1) await log.append([{ intent, ending: { ...created, after: { i } } }]);
    await evictDurableObject(raw);
    const { after, entries } = await log.chain({ after: 0, limit: 100 });
    const file = chainFile(tenant, after, entries);
    expect(await verifyJournal(bytes(file))).toMatchObject({
      valid: true,
      entries: 20,
      owner: { tenant },
      end: "trailer",
    });
    const piece = await log.chain({ after: 7, limit: 5 });
    expect(piece.after).toEqual({ seq: 7, hash: entries[6]?.hash });
    const part = chainFile(tenant, piece.after, piece.entries);
    expect(await verifyJournal(bytes(part))).toMatchObject({ valid: true, entries: 5, head: { seq: 12 } });
    // Beyond the end there is a piece without entries, and its header says no more than where it would begin.
    const end = await log.chain({ after: 20, limit: 5 });
    expect(end).toEqual({ after: { seq: 20, hash: entries[19]?.hash }, entries: [] });
    const tampered = file.replace('"i":13', '"i":12');
    expect(tampered).not.toBe(file);
    expect((await verifyJournal(bytes(tampered))).findings).toMatchObject([{ kind: "edited", seq: 14 }]);
    await runInDurableObject(raw, (_instance, state) => {
      state.storage.sql.exec(`UPDATE journal SET data = replace(data, '"i":4', '"i":5') WHERE seq = 5`);
    });
    const again = await log.chain({ after: 0, limit: 100 });
    expect((await verifyJournal(bytes(chainFile(tenant, again.after, again.entries)))).findings).toMatchObject([
      { kind: "edited", seq: 5 },
    ]);
  });

  it("L3: has no secret in it", async () => {
    const { log, raw, intent } = freshLog();
    const secrets = { apiKeySecret: "canary-1", nested: [{ Cookie: "canary-2" }], PASSWORD: { a: "canary-3" } };
    await log.begin("1", { ...intent, userAgent: "curl Bearer canary-4canary" });
    await log.end("1", { ...created, before: secrets, after: secrets });
    const dump = await runInDurableObject(raw, (_instance, state) =>
      JSON.stringify(state.storage.sql.exec("SELECT * FROM journal").toArray()),
    );
    expect(dump).toContain("[redacted]");
    expect(dump).not.toContain("canary");
  });

  it("L4: nobody wrote to has no tables, and nothing to tell", async () => {
    const { log, raw } = freshLog();
    expect(await rowsOf(log, page)).toEqual([]);
    expect(await log.row(1)).toBeNull();
    expect((await log.chain({ after: 0, limit: 1 })).entries).toEqual([]);
    const tables = await runInDurableObject(raw, (_instance, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'journal'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("finds rows by each filter, newest first, page by page, and counts them", async () => {
    const { log, intent } = freshLog();
    const denied: AuditEnding = { ...created, event: "access.denied", outcome: "refused", status: 403 };
    await log.append([
      { intent, ending: created },
      { intent: { ...intent, actor: { kind: "user", id: "usr_1" }, action: "deleteAsset" }, ending: denied },
      { intent: { ...intent, address: "192.0.2.2" }, ending: { ...created, resource: { type: "asset", id: "ast_2" } } },
    ]);
    const seqs = async (filter: object): Promise<number[]> =>
      (await rowsOf(log, { ...page, filter })).map(({ seq }) => seq);
    expect(await seqs({})).toEqual([3, 2, 1]);
    expect(await seqs({ actor: "usr_1" })).toEqual([2]);
    expect(await seqs({ action: "createAsset" })).toEqual([3, 1]);
    expect(await seqs({ resource: "ast_2" })).toEqual([3]);
    expect(await seqs({ outcome: "refused" })).toEqual([2]);
    expect(await seqs({ event: "access.denied" })).toEqual([2]);
    expect(await seqs({ address: "192.0.2.2" })).toEqual([3]);
    expect(await seqs({ from: "2999-01-01T00:00:00.000Z" })).toEqual([]);
    expect(await seqs({ to: "2000-01-01T00:00:00.000Z" })).toEqual([]);
    expect((await rowsOf(log, { ...page, before: 3, limit: 1 })).map(({ seq }) => seq)).toEqual([2]);
    expect(await log.row(3)).toMatchObject({ seq: 3, address: "192.0.2.2" });
    const stats = await log.stats({ from: 0, to: Date.now() + 1, bucketMs: 3_600_000 });
    expect(stats).toMatchObject({
      total: 3,
      topActors: [
        { id: "key_1", rows: 2 },
        { id: "usr_1", rows: 1 },
      ],
      topAddresses: [
        { address: "192.0.2.1", rows: 2 },
        { address: "192.0.2.2", rows: 1 },
      ],
    });
    expect(stats.buckets.reduce((sum, { refused }) => sum + refused, 0)).toBe(1);
    expect(stats.buckets.map(({ start }) => Date.parse(start) % 3_600_000)).toEqual(stats.buckets.map(() => 0));
  });

  it("raises suspicion as a row of its own, once per threshold", async () => {
    const { log, intent } = freshLog();
    const failed: AuditEnding = { ...created, event: "auth.login_failed", outcome: "refused", status: 401 };
    const stranger = { ...intent, actor: { kind: "anonymous", id: null } } as const;
    for (let i = 0; i < 6; i += 1) await log.append([{ intent: stranger, ending: failed }]);
    const raised = await rowsOf(log, { ...page, filter: { event: "security.suspicious_activity" } });
    expect(raised).toMatchObject([
      {
        seq: 6,
        severity: "high",
        reason: "failed_logins",
        actor: { kind: "system", id: null },
        resource: { type: "suspect", id: "192.0.2.1" },
        after: { rule: "failed_logins", threshold: 5 },
      },
    ]);
  });
});

describe("the files of an audit log", () => {
  it("F1, F2, F3: are pieces of the chain, written once, and go when their time is over", async () => {
    const { log, raw, tenant, intent } = freshLog();
    const rows = Array.from({ length: SEGMENT_ROWS + 5 }, (_, i) => ({ intent, ending: { ...created, after: { i } } }));
    await log.append(rows);
    await runDurableObjectAlarm(raw);
    const first = `${tenant}/audit/000000000001-000000001000.ndjson`;
    const keys = async (): Promise<string[]> =>
      (await env.MEDIA.list({ prefix: `${tenant}/audit/` })).objects.map(({ key }) => key);
    expect(await keys()).toEqual([first]);
    const text = await (await env.MEDIA.get(first))!.text();
    expect(await verifyJournal(bytes(text))).toMatchObject({ valid: true, entries: 1_000, owner: { tenant } });
    // An hour later the rest is written; a write that was cut off is done again under its own name.
    await runInDurableObject(raw, (_instance, state) => {
      state.storage.sql.exec("UPDATE journal SET at = at - 3600000 WHERE seq > 1000");
      state.storage.sql.exec("UPDATE segments SET written_at = NULL");
    });
    await evictDurableObject(raw);
    await env.MEDIA.delete(first);
    await runDurableObjectAlarm(raw);
    const second = `${tenant}/audit/000000001001-000000001005.ndjson`;
    expect(await keys()).toEqual([first, second]);
    expect(await (await env.MEDIA.get(first))!.text()).toBe(text);
    // Past the retention only the head of the chain is left, and the log goes on from it.
    await runInDurableObject(raw, (_instance, state) => {
      state.storage.sql.exec("UPDATE segments SET last_at = last_at - ?", 401 * 86_400_000);
    });
    await evictDurableObject(raw);
    await runDurableObjectAlarm(raw);
    expect(await keys()).toEqual([]);
    await log.append([{ intent, ending: created }]);
    const { after, entries } = await log.chain({ after: 0, limit: 10 });
    expect([after.seq, entries.map(({ seq }) => seq)]).toEqual([1_004, [1_005, 1_006]]);
  });
});
