/** Limits of the doors beside the API: who forges is throttled, who shares his address is not. */
// First of all imports, as in the Worker itself: it teaches zod what the routes use.
import "@hono/zod-openapi";
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { parseSigningKeys, signToken } from "../shared/tokens/signed-token.ts";
import { handleFetch } from "./fetch.ts";

const ORIGIN = "https://aima.test";
const FAR = 9_999_999_999;
const LIMITED: Env = { ...env, RATE_LIMITS: JSON.stringify([{ name: "doors", limit: 3 }]) as never };
const REGISTRATION = {
  agentId: "agt_test",
  version: "1",
  engines: [{ name: "cpu", operations: ["ocr"] }],
  concurrency: 1,
};

type Sent = { method?: string; address: string; token?: string; body?: object; env?: Env };

function send(path: string, { method = "POST", address, token, body, env: given = LIMITED }: Sent): Promise<Response> {
  const headers = new Headers({ "cf-connecting-ip": address });
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return handleFetch(new Request(ORIGIN + path, init), given, createExecutionContext());
}
const register = (address: string, token: string, given: Env = LIMITED): Promise<Response> =>
  send("/agents/register", { address, token, body: REGISTRATION, env: given });
const statuses = async (answers: readonly Promise<Response>[]): Promise<number[]> => {
  const all: number[] = [];
  for (const answer of answers) all.push((await answer).status);
  return all;
};
const codeOf = async (answer: Promise<Response>): Promise<unknown> =>
  ((await (await answer).json()) as { code: unknown }).code;

describe("forged credentials at the doors of agents", () => {
  it("are refused with 429 beyond the limit of their address, at all doors together", async () => {
    const address = "203.0.113.1";
    expect((await register(address, "forged")).status).toBe(401);
    expect((await send("/callbacks/jobs/forged", { address, body: {} })).status).toBe(401);
    expect((await send("/blobs/forged", { address, method: "GET" })).status).toBe(401);
    const doors = [
      await register(address, "forged"),
      await send("/callbacks/jobs/forged", { address, body: {} }),
      await send("/blobs/forged", { address, method: "GET" }),
      await send("/blobs/forged/a.bin", { address, method: "PUT", body: {} }),
    ];
    for (const answer of doors) {
      expect([answer.status, answer.headers.get("content-type")]).toEqual([429, "application/problem+json"]);
      const wait = Number(answer.headers.get("retry-after"));
      expect(wait).toBeGreaterThan(50);
      expect(wait).toBeLessThanOrEqual(60);
      expect(answer.headers.get("ratelimit")).toBe(`"doors";r=0;t=${wait}`);
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await answer.json()).toMatchObject({ code: "rate_limited", status: 429, type: "/problems/rate_limited" });
    }
  });

  it("are no matter of honest agents behind the same address", async () => {
    const address = "203.0.113.2";
    for (let n = 0; n < 5; n += 1) await register(address, "forged");
    expect((await register(address, "forged")).status).toBe(429);
    for (let n = 0; n < 10; n += 1) expect((await register(address, env.AGENT_TOKEN)).status).toBe(200);
    const keys = parseSigningKeys(env.SIGNING_KEYS);
    const attempt = { use: "attempt", tenant: "ten_doors9", jobId: `job_${"0".repeat(26)}`, attempt: 1, exp: FAR };
    const report = { reports: [{ seq: 1, at: "2026-01-01T00:00:00.000Z", type: "heartbeat" }] };
    const token = await signToken(keys, attempt);
    expect(await codeOf(send(`/callbacks/jobs/${token}`, { address, body: report }))).toBe("not_found");
    const read = await signToken(keys, { use: "read", key: "ten_doors9/nothing", exp: FAR } as { exp: number });
    expect(await codeOf(send(`/blobs/${read}`, { address, method: "GET" }))).toBe("not_found");
  });

  it("count on their own address, and only by what the platform says of it", async () => {
    for (let n = 0; n < 4; n += 1) await register("203.0.113.3", "forged");
    expect((await register("203.0.113.4", "forged")).status).toBe(401);
    // One network of IPv6, whatever address its owner picks.
    const network = Array.from({ length: 4 }, (_, n) => register(`2001:db8:7:1::${n}`, "forged"));
    expect((await statuses(network)).toSorted((a, b) => a - b)).toEqual([401, 401, 401, 429]);
  });

  it("count alone: what is valid, malformed or at no door does not", async () => {
    const address = "203.0.113.5";
    for (let n = 0; n < 5; n += 1) {
      expect((await register(address, env.AGENT_TOKEN)).status).toBe(200);
      expect((await send("/agents/register", { address, token: env.AGENT_TOKEN, body: {} })).status).toBe(422);
      expect((await send("/agents/register", { address, method: "GET" })).status).toBe(405);
    }
    expect(await statuses([1, 2, 3].map(() => register(address, "forged")))).toEqual([401, 401, 401]);
    expect((await register(address, "forged")).status).toBe(429);
  });

  it("are refused all the same when the limiter is away", async () => {
    const away: Env = { ...LIMITED, RATE_LIMITER: AWAY };
    const address = "203.0.113.6";
    for (let n = 0; n < 5; n += 1) expect((await register(address, "forged", away)).status).toBe(401);
    expect((await register(address, env.AGENT_TOKEN, away)).status).toBe(200);
  });
});

const AWAY = {
  idFromName: (): never => {
    throw new Error("The limiter is away");
  },
} as unknown as Env["RATE_LIMITER"];

describe("attempts to bootstrap", () => {
  const DEFAULTS: Env = { ...env, RATE_LIMITS: "" };
  const bootstrap = (
    address: string,
    token: string,
    body: object = { tenant: "ten_doors8", name: "Doors" },
    given = DEFAULTS,
  ) => send("/internal/bootstrap", { address, token, body, env: given });

  it("are ten in a quarter of an hour and address, then a pause of half an hour, the right secret or not", async () => {
    const address = "203.0.113.7";
    for (let n = 0; n < 10; n += 1) expect((await bootstrap(address, "wrong")).status).toBe(401);
    const refused = await bootstrap(address, env.BOOTSTRAP_SECRET);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1800"]);
    expect(await refused.json()).toMatchObject({ code: "rate_limited" });
    expect((await bootstrap("203.0.113.8", env.BOOTSTRAP_SECRET)).status).toBe(201);
  });

  it("do not count with the right secret, nor by another method", async () => {
    const address = "203.0.113.9";
    for (let n = 0; n < 12; n += 1) {
      expect((await bootstrap(address, env.BOOTSTRAP_SECRET, {})).status).toBe(422);
      expect((await send("/internal/bootstrap", { address, method: "GET", env: DEFAULTS })).status).toBe(405);
    }
    expect((await bootstrap(address, "wrong")).status).toBe(401);
  });

  it("are refused while the limiter is away", async () => {
    const away: Env = { ...DEFAULTS, RATE_LIMITER: AWAY };
    const refused = await bootstrap("203.0.113.10", env.BOOTSTRAP_SECRET, undefined, away);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await refused.json()).toMatchObject({ code: "limits_unavailable" });
  });
});
