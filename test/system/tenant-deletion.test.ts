/** The end of a tenant on the whole system: nothing of it in any file afterwards, and another tenant as it was. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AimaClient, fileSource } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { makeSamples, type Sample } from "../../local/samples/samples.ts";
import { call as send, type Called } from "../support/call.ts";
import { startLocalStack, until } from "../support/local-stack.ts";
import { objectRowsWith, postgresRowsWith } from "../support/stored-rows.ts";

const DOOMED = "ten_doomed0001";
const OTHER = "ten_other00001";
const PASSWORD = "vK7#mQ2xL!9p";

let dataDir: string;
let stack: Awaited<ReturnType<typeof startLocalStack>>;
let samples: Sample[];
let running = false;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "aima-deletion-"));
  samples = await makeSamples(join(dataDir, "samples"));
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

const logIn = (tenant: string) =>
  call("POST", "/v1/auth/login", null, {
    tenant,
    login: `admin@${tenant}.example.com`.replace("_", "-"),
    password: PASSWORD,
  });

async function bootstrap(tenant: string): ReturnType<typeof call> {
  const secrets: unknown = JSON.parse(await readFile(join(dataDir, "secrets.json"), "utf8"));
  const { bootstrapSecret } = z.looseObject({ bootstrapSecret: z.string() }).parse(secrets);
  const email = `admin@${tenant}.example.com`.replace("_", "-");
  return call("POST", "/internal/bootstrap", bootstrapSecret, { tenant, name: tenant, email, password: PASSWORD });
}

/** A tenant with an admin and a key. */
async function found(tenant: string): Promise<string> {
  const founded = await bootstrap(tenant);
  expect(founded.status).toBe(201);
  return z.string().parse(founded.body["apiKey"]);
}

/** Two analysed assets, a deleted one, and one that was only begun. */
async function fill(apiKey: string): Promise<string[]> {
  const client = new AimaClient({ baseUrl: stack.baseUrl, apiKey });
  const files = samples.filter(({ name }) => name.endsWith(".pdf") || name.endsWith(".jpg")).slice(0, 2);
  const ids: string[] = [];
  for (const { path } of files) ids.push((await client.assets.upload(await fileSource(path))).id);
  for (const id of ids) expect((await client.assets.waitUntilFinished(id)).status).toBe("analysed");
  const gone = await client.assets.upload(await fileSource(files[0]?.path ?? ""));
  await client.assets.waitUntilFinished(gone.id);
  await client.assets.delete(gone.id);
  const begun = await call("POST", "/v1/assets", apiKey, { name: "begun.mp4" });
  return [...ids, gone.id, z.string().parse(begun.body["id"])];
}

/** What the tenant sees of its own. */
async function seenBy(apiKey: string): Promise<unknown> {
  const client = new AimaClient({ baseUrl: stack.baseUrl, apiKey });
  const assets = [];
  for await (const { id } of client.assets.list()) assets.push(await client.assets.get(id));
  const query = samples.find(({ name }) => name.endsWith(".pdf"))?.query ?? "";
  const hits = await until(async () => {
    const { hits: found } = await client.search(query);
    return found.length > 0 ? found : null;
  });
  const keys = await call("GET", "/v1/api-keys", apiKey);
  const tenant = await call("GET", "/v1/tenant", apiKey);
  // When a key was used last is news of this very look.
  return JSON.parse(
    JSON.stringify({ assets, hits, keys, tenant }).replaceAll(/"lastUsedAt":[^,}]*/g, '"lastUsedAt":0'),
  );
}

describe("the deletion of a tenant", () => {
  it("leaves nothing of it in the objects, the bucket and the database, and another tenant as it was", async () => {
    const operating = await found("ten_platform").then(() => logIn("ten_platform"));
    const operator = z.string().parse(operating.body["accessToken"]);
    const [doomedKey, otherKey] = [await found(DOOMED), await found(OTHER)];
    const [doomedAssets] = await Promise.all([fill(doomedKey), fill(otherKey)]);
    const session = z.string().parse((await logIn(DOOMED)).body["accessToken"]);
    expect((await call("GET", "/v1/tenant", session)).status).toBe(200);
    // The index of the other has come to rest; that of the doomed need not have heard of all.
    await until(
      async () => ((await call("GET", "/v1/assets", otherKey)).body["assets"] as unknown[]).length === 3 || null,
    );
    const before = await seenBy(otherKey);
    await seenBy(doomedKey);

    const path = `/v1/platform/tenants/${DOOMED}`;
    expect((await call("DELETE", `${path}?confirm=${DOOMED}`, operator)).status).toBe(409);
    expect((await call("POST", `${path}/suspend`, operator)).status).toBe(200);
    const begun = await call("DELETE", `${path}?confirm=${DOOMED}`, operator);
    expect(begun).toMatchObject({ status: 202, body: { status: "running" } });
    expect((await call("GET", "/v1/assets", doomedKey)).status).toBe(403);
    expect((await call("GET", "/v1/tenant", session)).status).toBe(403);
    const ended = await until(async () => {
      const { body } = await call("GET", `${path}/deletion`, operator);
      return body["status"] === "completed" ? body : null;
    });
    expect(ended).toMatchObject({
      step: "done",
      attempts: 0,
      reason: null,
      counts: { assets: 4, assetsPurged: 4, assetsErased: 4, usersDeleted: 1 },
    });

    expect((await call("GET", "/v1/assets", doomedKey)).status).toBe(401);
    expect((await call("GET", "/v1/tenant", session)).status).toBe(401);
    expect((await logIn(DOOMED)).status).toBe(401);
    expect((await call("GET", path, operator)).status).toBe(404);
    // The id is never given again.
    expect((await bootstrap(DOOMED)).status).toBe(409);
    const listed = await call("GET", "/v1/platform/tenants?limit=50", operator);
    expect(JSON.stringify(listed.body)).not.toContain(DOOMED);
    expect(await seenBy(otherKey)).toEqual(before);
    await stop();

    const left = await objectRowsWith(dataDir, DOOMED);
    const places = new Set(left.map((row) => row.split(" ")[0] ?? ""));
    // The tombstone; the tenant's own audit log, and what operators did to it in the platform's.
    for (const place of places) expect(place).toMatch(/Tenant\.profile$|AuditLog\.|Tenant\.idempotency$|_mf_objects$/);
    const catalogue = left.filter((row) => row.includes("_mf_objects"));
    expect(catalogue.filter((row) => !row.includes(`${DOOMED}/audit/`))).toEqual([]);
    for (const assetId of doomedAssets) {
      const rows = await objectRowsWith(dataDir, assetId);
      expect(rows.filter((row) => !row.includes("AuditLog."))).toEqual([]);
    }
    expect(await postgresRowsWith(dataDir, DOOMED)).toEqual([]);
    expect((await postgresRowsWith(dataDir, OTHER)).length).toBeGreaterThan(4);
  });
});
