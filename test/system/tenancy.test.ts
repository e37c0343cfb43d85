/** Who gets in, on the whole system: local credentials, API keys, the platform's operators, and what they take away. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { call as send, type Called } from "../support/call.ts";
import { startLocalStack } from "../support/local-stack.ts";

const OPERATOR = { tenant: "ten_platform", email: "operator@example.com", password: "vK7#mQ2xL!9p" };
const Credentials = z.looseObject({ tenant: z.string(), email: z.string(), password: z.string(), apiKey: z.string() });
const Issued = z.looseObject({ id: z.string(), secret: z.string() });

let dataDir: string;
let stack: Awaited<ReturnType<typeof startLocalStack>>;
let credentials: z.infer<typeof Credentials>;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "aima-tenancy-"));
  stack = await startLocalStack({ dataDir });
  credentials = Credentials.parse(await json("credentials.json"));
});
afterAll(async () => {
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const json = async (file: string): Promise<unknown> =>
  JSON.parse(await readFile(join(dataDir, file), "utf8")) as unknown;

const call = (method: string, path: string, token: string | null, body: object | null = null): Promise<Called> =>
  send(stack.baseUrl, method, path, token, body);

async function logIn(who: { tenant: string; email: string; password: string }): Promise<string> {
  const { tenant, email, password } = who;
  const { status, body } = await call("POST", "/v1/auth/login", null, { tenant, login: email, password });
  expect(status).toBe(200);
  return z.string().parse(body["accessToken"]);
}

async function operator(): Promise<string> {
  const { bootstrapSecret } = z.looseObject({ bootstrapSecret: z.string() }).parse(await json("secrets.json"));
  const founded = await call("POST", "/internal/bootstrap", bootstrapSecret, { ...OPERATOR, name: "Platform" });
  expect(founded.status).toBe(201);
  return logIn(OPERATOR);
}

describe("tenancy", () => {
  it("a user makes a key, which keeps to its own limit; disabled, it opens none of the next 1,000 requests", async () => {
    const token = await logIn(credentials);
    const wanted = { name: "Import", permissions: ["tenant:read"], limit: { limit: 3, windowSeconds: 60 } };
    const made = await call("POST", "/v1/api-keys", token, wanted);
    expect(made.status).toBe(201);
    const key = Issued.parse(made.body);
    const use = async (): Promise<number> => (await call("GET", "/v1/tenant", key.secret)).status;
    expect((await Promise.all([use(), use(), use(), use(), use()])).toSorted()).toEqual([200, 200, 200, 429, 429]);
    expect((await call("PUT", `/v1/api-keys/${key.id}`, token, { limit: null })).status).toBe(200);
    expect(await use()).toBe(200);
    expect((await call("POST", `/v1/api-keys/${key.id}/disable`, token)).status).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 20; i += 1) statuses.push(...(await Promise.all(Array.from({ length: 50 }, use))));
    expect(statuses).toEqual(Array.from({ length: 1_000 }, () => 401));
  });

  it("an operator of the platform suspends a tenant: neither session nor key gets in until it is resumed", async () => {
    const token = await logIn(credentials);
    expect((await call("GET", "/v1/platform/tenants", token)).status).toBe(403);
    const operating = await operator();
    const path = `/v1/platform/tenants/${credentials.tenant}`;
    const attempts = async (): Promise<unknown> =>
      Promise.all([token, credentials.apiKey].map(async (each) => (await call("GET", "/v1/tenant", each)).status));
    expect(await attempts()).toEqual([200, 200]);
    expect((await call("POST", `${path}/suspend`, operating)).status).toBe(200);
    expect(await attempts()).toEqual([403, 403]);
    expect((await call("POST", `${path}/resume`, operating)).status).toBe(200);
    expect(await attempts()).toEqual([200, 200]);
  });

  it("an operator creates a tenant with an invited admin, and limits what another holds", async () => {
    const operating = await operator();
    const made = await call("POST", "/v1/platform/tenants", operating, {
      name: "Harbour",
      adminEmail: "ada@example.com",
    });
    expect(made).toMatchObject({ status: 201, body: { name: "Harbour", status: "active", members: 1 } });
    const { body } = await call("GET", "/v1/platform/tenants", operating);
    expect(body["tenants"]).toEqual(expect.arrayContaining([made.body]));
    const quotas = `/v1/platform/tenants/${credentials.tenant}/quotas`;
    expect((await call("PUT", quotas, operating, { assets: 1 })).status).toBe(200);
    const create = async (): Promise<unknown> => {
      const { status, body: answer } = await call("POST", "/v1/assets", credentials.apiKey, { name: "a.jpg" });
      return [status, answer["code"]];
    };
    expect(await create()).toEqual([201, undefined]);
    expect(await create()).toEqual([403, "quota_exceeded"]);
    expect((await call("PUT", quotas, operating, { assets: null })).status).toBe(200);
  });
});
