/**
 * A tenant is deleted while workerd is killed with SIGKILL in the middle of one step after the other, and Postgres once. The
 * deletion comes to its end by itself, and nothing of the tenant is left.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { call as send, type Called } from "../support/call.ts";
import { type LocalStack, startLocalStack, until } from "../support/local-stack.ts";
import { objectRowsWith, postgresRowsWith } from "../support/stored-rows.ts";

const DOOMED = "ten_killed0001";
const OPERATOR = { tenant: "ten_platform", email: "operator@example.com", password: "vK7#mQ2xL!9p" };
const ASSETS = 150;

let dataDir: string;
let stack: LocalStack;
let running = false;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "aima-killed-"));
  stack = await startLocalStack({ dataDir });
  running = true;
});
const stop = async (): Promise<void> => {
  if (running) await stack.stop();
  running = false;
};
afterAll(async () => {
  await stop();
  await rm(dataDir, { recursive: true, force: true });
});

const call = (method: string, path: string, token: string | null, body: object | null = null): Promise<Called> =>
  send(stack.baseUrl, method, path, token, body);

const Deletion = z.looseObject({
  status: z.string(),
  step: z.string(),
  counts: z.looseObject({ assets: z.int(), assetsPurged: z.int(), assetsErased: z.int(), usersDeleted: z.int() }),
});

it("comes to its end through kills in the middle of its steps, and leaves nothing", async () => {
  const secrets: unknown = JSON.parse(await readFile(join(dataDir, "secrets.json"), "utf8"));
  const { bootstrapSecret } = z.looseObject({ bootstrapSecret: z.string() }).parse(secrets);
  await call("POST", "/internal/bootstrap", bootstrapSecret, { ...OPERATOR, name: "Platform" });
  const { tenant, email: login, password } = OPERATOR;
  const { body: session } = await call("POST", "/v1/auth/login", null, { tenant, login, password });
  const operator = z.string().parse(session["accessToken"]);
  const admin = { tenant: DOOMED, name: "Killed", email: "killed@example.com", password };
  const { body: founded } = await call("POST", "/internal/bootstrap", bootstrapSecret, admin);
  const apiKey = z.string().parse(founded["apiKey"]);
  for (let made = 0; made < ASSETS; made += 10) {
    const created = await Promise.all(
      Array.from({ length: 10 }, (_, i) => call("POST", "/v1/assets", apiKey, { name: `${made + i}.bin` })),
    );
    expect(created.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
  }
  const path = `/v1/platform/tenants/${DOOMED}`;
  expect((await call("POST", `${path}/suspend`, operator)).status).toBe(200);
  expect((await call("DELETE", `${path}?confirm=${DOOMED}`, operator)).status).toBe(202);

  const killedIn = new Set<string>();
  const ended = await until(async () => {
    const answer = await call("GET", `${path}/deletion`, operator).catch(() => null);
    if (answer?.status !== 200) return null;
    const deletion = Deletion.parse(answer.body);
    if (deletion.status === "completed") return deletion;
    if (!killedIn.has(deletion.step) && killedIn.size < 4) {
      killedIn.add(deletion.step);
      if (killedIn.size === 2) process.kill(stack.find("local/postgres/process.ts").pid, "SIGKILL");
      process.kill(stack.workerdPid(), "SIGKILL");
    }
    return null;
  }, 20);
  expect(killedIn.size).toBeGreaterThanOrEqual(2);
  const { counts } = ended;
  expect([counts.assets, counts.assetsPurged, counts.assetsErased, counts.usersDeleted]).toEqual([
    ASSETS,
    ASSETS,
    ASSETS,
    1,
  ]);
  expect((await call("GET", "/v1/assets", apiKey)).status).toBe(401);
  await stop();
  const left = await objectRowsWith(dataDir, DOOMED);
  for (const row of left) expect(row).toMatch(/^\S+(Tenant\.profile|AuditLog\.\w+|Tenant\.idempotency|\._mf_objects) /);
  expect(left.filter((row) => row.includes("_mf_objects") && !row.includes(`${DOOMED}/audit/`))).toEqual([]);
  expect(await postgresRowsWith(dataDir, DOOMED)).toEqual([]);
});
