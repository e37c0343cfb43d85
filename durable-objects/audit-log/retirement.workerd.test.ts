import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { auditLog } from "../addresses.ts";

const TENANT = "ten_retired1";
const DAY_MS = 86_400_000;
const raw = (): DurableObjectStub => env.AUDIT_LOG.get(env.AUDIT_LOG.idFromName(TENANT));
const intent = {
  tenant: TENANT,
  event: "media.created",
  actor: { kind: "api-key", id: "key_1" },
  action: "createAsset",
  resource: { type: "asset", id: "ast_1" },
  requestId: "req_1",
  method: "POST",
  route: "/v1/assets",
  address: "192.0.2.1",
  userAgent: null,
} as const;
const ending = {
  event: "media.created",
  outcome: "success",
  reason: null,
  status: 201,
  before: null,
  after: null,
} as const;
const rows = async () => (await auditLog(env, TENANT).search({ filter: {}, before: null, limit: 10 })).rows;
const alarmAt = async (ms: number): Promise<void> => {
  vi.setSystemTime(ms);
  await runInDurableObject(raw(), (instance) => (instance as unknown as { alarm(): Promise<void> }).alarm());
};

afterEach(() => {
  vi.useRealTimers();
});

it("L4: the log of a deleted tenant is kept for its retention, then goes with its files", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  // Far ahead, so that no alarm goes off by itself: the platform's clock is the real one.
  const startMs = Date.UTC(2126, 10, 25);
  vi.setSystemTime(startMs);
  const log = auditLog(env, TENANT);
  await log.retire(); // Nothing was logged: nothing is made.
  expect(await listDurableObjectIds(env.AUDIT_LOG)).toSatisfy((ids: DurableObjectId[]) => ids.length <= 1);
  await log.append([
    { intent, ending },
    { intent, ending },
  ]);
  await alarmAt(startMs + 2 * 3_600_000);
  const files = async (): Promise<number> => (await env.MEDIA.list({ prefix: `${TENANT}/audit/` })).objects.length;
  expect(await files()).toBe(1);
  await log.retire();
  await log.retire();
  await alarmAt(startMs + 399 * DAY_MS);
  expect([(await rows()).length, await files()]).toEqual([2, 1]);
  await alarmAt(startMs + 402 * DAY_MS);
  expect([await rows(), await files()]).toEqual([[], 0]);
  const tables = await runInDurableObject(raw(), (_instance, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*'").toArray(),
  );
  expect(tables).toEqual([]);
  expect(await runDurableObjectAlarm(raw())).toBe(false);
});
