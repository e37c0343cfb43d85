import { beforeEach, describe, expect, it, vi } from "vitest";
import { verifyJournal } from "../../../../clients/sdk/src/journal/verify.ts";
import type { AuditRow } from "../../../../shared/contracts/audit.ts";
import { makeWorld, type World } from "../../fakes/world.ts";
import { ROUTES } from "../table.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const PLATFORM = "ten_platform";
const all = { filter: {}, before: null, limit: 100_000 };
const rowsOf = async (world: World, tenant: string): Promise<AuditRow[]> =>
  (await world.auditOf(tenant).search(all)).rows;
const count = async (world: World): Promise<number> =>
  (await Promise.all([...world.audits.keys()].map((tenant) => rowsOf(world, tenant)))).flat().length;

const ids: Readonly<Record<string, string>> = {
  assetId: "ast_99999999999999999999999999",
  jobId: "job_99999999999999999999999999",
  deadLetterId: "dlt_99999999999999999999999999999999",
};
const at = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "usr_99999999999999999999999999");

const v1 = ROUTES.filter(({ path }) => path.startsWith("/v1/")).map((route) => ({
  name: `${route.method.toUpperCase()} ${route.path}`,
  method: route.method.toUpperCase(),
  route,
}));
const changes = v1.filter(({ method }) => method !== "GET");
const guarded = v1.filter(({ route }) => route.permission !== null);

describe("every route", () => {
  it.each(changes.filter(({ route }) => route.permission !== null))(
    "$name has one row, begun before its handler, whatever comes of it",
    async ({ method, route }) => {
      const world = makeWorld();
      const response = await world.call(at(route.path), {
        method,
        body: "{}",
        headers: { "content-type": "application/json" },
      });
      const log = world.auditOf("ten_one1");
      expect(log.steps).toEqual(["begin", "end"]);
      expect(log.pending.size).toBe(0);
      expect(await count(world)).toBe(1);
      expect(await rowsOf(world, "ten_one1")).toMatchObject([
        { actor: { kind: "api-key", id: "key_one" }, action: route.operationId, status: response.status, method },
      ]);
    },
  );

  it.each(guarded)("$name has one row for a stranger, in the platform's log", async ({ method, route }) => {
    const world = makeWorld();
    expect((await world.call(at(route.path), { method, key: "wrong" })).status).toBe(401);
    expect(await count(world)).toBe(1);
    expect(await rowsOf(world, PLATFORM)).toMatchObject([
      { event: "auth.failed", outcome: "refused", reason: "unauthorized", actor: { kind: "anonymous", id: null } },
    ]);
  });

  it.each(guarded.filter(({ route }) => route.permission !== "assets:read"))(
    "$name has one row for who is not allowed to",
    async ({ method, route }) => {
      const world = makeWorld();
      expect((await world.call(at(route.path), { method, key: "key-to-read" })).status).toBe(403);
      expect(await count(world)).toBe(1);
      expect(await rowsOf(world, "ten_one1")).toMatchObject([
        { event: "access.denied", outcome: "refused", reason: "forbidden", action: route.operationId, status: 403 },
      ]);
    },
  );
});

describe("the audit", () => {
  it("tells what was made, by whom, from where", async () => {
    const world = makeWorld();
    const answer = await world.post("/v1/assets", { name: "a.jpg" }, { "cf-connecting-ip": "192.0.2.7" });
    const { id } = (await answer.json()) as { id: string };
    expect(await rowsOf(world, "ten_one1")).toMatchObject([
      {
        event: "media.created",
        outcome: "success",
        severity: "low",
        resource: { type: "asset", id },
        address: "192.0.2.7",
        route: "/v1/assets",
        reason: null,
      },
    ]);
  });

  it("has no row for reading, nor for an id that is not found", async () => {
    const world = makeWorld();
    expect((await world.call("/v1/assets")).status).toBe(200);
    expect((await world.call(`/v1/assets/${ids["assetId"]}`)).status).toBe(404);
    expect(await count(world)).toBe(0);
  });

  it("makes no change whose intent cannot be recorded", async () => {
    const world = makeWorld();
    const log = world.auditOf("ten_one1");
    log.begin = () => Promise.reject(new Error("away"));
    const answer = await world.post("/v1/assets", { name: "a.jpg" });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await answer.json()).toMatchObject({ code: "audit_unavailable" });
    expect(world.assets.size).toBe(0);
    expect((await world.call("/v1/assets")).status).toBe(200);
  });

  it("does not wait for ever for a log that does not answer", async () => {
    vi.useFakeTimers();
    try {
      const world = makeWorld();
      world.auditOf("ten_one1").begin = () => new Promise(() => undefined);
      const answer = world.post("/v1/assets", { name: "a.jpg" });
      await vi.advanceTimersByTimeAsync(5_000);
      expect((await answer).status).toBe(503);
    } finally {
      vi.useRealTimers();
    }
  });

  it("M3: begins the row of a login, a registration and a forgotten password before anything is done", async () => {
    const world = makeWorld({ registration: "open" });
    await world.found("ada");
    const { steps } = world.auditOf("ten_one1");
    const login = { tenant: "ten_one1", login: "ada", password: "ada-password" };
    const asked = [
      ["/v1/auth/login", login, 200],
      ["/v1/auth/login", { ...login, password: "wrong" }, 401],
      ["/v1/auth/login", { ...login, login: "nobody" }, 401],
      ["/v1/auth/register", { tenant: "ten_one1", email: "b@example.com", password: "Correct-Horse-7-Staple" }, 202],
      ["/v1/auth/request-password-reset", { tenant: "ten_one1", email: "ada@example.com" }, 202],
    ] as const;
    for (const [path, body, status] of asked) {
      steps.length = 0;
      expect((await world.post(path, body)).status, path).toBe(status);
      expect(steps, path).toEqual(["begin", "end"]);
    }
    const rows = await rowsOf(world, "ten_one1");
    expect(rows.map(({ action, outcome, actor }) => `${action} ${outcome} ${actor.kind}`).toReversed()).toEqual([
      "login success user",
      "login refused user",
      "login refused anonymous",
      "register success anonymous",
      "requestPasswordReset success anonymous",
    ]);
    expect([...world.audits.keys()]).toEqual(["ten_one1"]);
  });

  it("M3: lets nobody in, and counts no attempt, while the intent cannot be recorded", async () => {
    const world = makeWorld({ registration: "open" });
    await world.found("ada");
    world.auditOf("ten_one1").begin = () => Promise.reject(new Error("away"));
    const login = { tenant: "ten_one1", login: "ada", password: "wrong" };
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const answer = await world.post("/v1/auth/login", login);
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, "audit_unavailable"]);
    }
    const email = { tenant: "ten_one1", email: "b@example.com" };
    const password = "Correct-Horse-7-Staple";
    expect((await world.post("/v1/auth/register", { ...email, password })).status).toBe(503);
    expect((await world.post("/v1/auth/request-password-reset", email)).status).toBe(503);
    expect(await world.membersOf("ten_one1").memberByLogin("b@example.com")).toBeNull();
    world.audits.clear();
    expect((await world.post("/v1/auth/login", { ...login, password: "ada-password" })).status).toBe(200);
  });

  it("M3: tells no token whose row could not be written", async () => {
    const world = makeWorld();
    await world.found("ada");
    const login = { tenant: "ten_one1", login: "ada", password: "ada-password" };
    const { refreshToken } = (await (await world.post("/v1/auth/login", login)).json()) as { refreshToken: string };
    world.auditOf("ten_one1").append = () => Promise.reject(new Error("away"));
    const answer = await world.post("/v1/auth/refresh", { refreshToken });
    const text = await answer.text();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(text).not.toMatch(/aimr_|accessToken/);
  });

  it("leaves the intent of a change whose end is lost, and answers it all the same", async () => {
    const world = makeWorld();
    const log = world.auditOf("ten_one1");
    log.end = () => Promise.reject(new Error("away"));
    expect((await world.post("/v1/assets", { name: "a.jpg" })).status).toBe(201);
    expect(log.pending.size).toBe(1);
  });

  it("M2: sends strangers' rows together after the answer, at most 100, and counts the rest", async () => {
    vi.useFakeTimers();
    try {
      const world = makeWorld();
      const waiting: Promise<unknown>[] = [];
      const context = {
        waitUntil: (work: Promise<unknown>) => void waiting.push(work),
        passThroughOnException: () => {},
        props: {},
      };
      for (let i = 0; i < 130; i += 1) {
        await world.app.request("/v1/assets", {}, {}, context as unknown as ExecutionContext);
      }
      expect([waiting.length, await count(world)]).toEqual([1, 0]);
      await vi.advanceTimersByTimeAsync(1_000);
      await Promise.all(waiting);
      const rows = await rowsOf(world, PLATFORM);
      expect(rows).toHaveLength(101);
      expect(rows[0]).toMatchObject({ action: "countRefusals", after: { refusals: 30 } });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("GET /v1/audit", () => {
  async function busy(): Promise<World> {
    const world = makeWorld();
    for (const name of ["a", "b", "c"]) await world.post("/v1/assets", { name });
    await world.post("/v1/assets", {});
    return world;
  }
  const seqs = async (response: Response): Promise<unknown> =>
    ((await response.json()) as { rows: AuditRow[] }).rows.map(({ seq }) => seq);

  it("accepts: newest first, page by page, by filter", async () => {
    const { call } = await busy();
    const first = (await (await call("/v1/audit?limit=3")).json()) as { rows: AuditRow[]; next: string };
    expect(first.rows.map(({ seq }) => seq)).toEqual([4, 3, 2]);
    expect(await seqs(await call(`/v1/audit?limit=3&cursor=${first.next}`))).toEqual([1]);
    expect(await seqs(await call("/v1/audit?outcome=refused"))).toEqual([4]);
    expect(await (await call("/v1/audit/4")).json()).toMatchObject({ seq: 4, reason: "invalid_request" });
    expect(await (await call("/v1/audit/stats")).json()).toMatchObject({ total: 4 });
  });

  it("refuses: a filter, a cursor or a row that is none", async () => {
    const { call } = await busy();
    const statuses = await Promise.all(
      [
        "?outcome=other",
        "?from=yesterday",
        "?cursor=x.y",
        "/5",
        "/0",
        "/nonsense",
        "/stats?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "/export?format=xml",
        "/export?format=ndjson&outcome=refused",
        "/export?format=csv&after=1",
      ].map(async (rest) => (await call(`/v1/audit${rest}`)).status),
    );
    expect(statuses).toEqual([422, 422, 422, 404, 404, 404, 422, 422, 422, 422]);
  });

  it.each(["", "/1", "/stats", "/export", "/export?format=csv", "/export?format=ndjson"])(
    "%s answers 503 while the log is away",
    async (rest) => {
      const world = makeWorld();
      const away = () => Promise.reject(new Error("away"));
      Object.assign(world.auditOf("ten_one1"), { search: away, row: away, chain: away, stats: away });
      const answer = await world.call(`/v1/audit${rest}`);
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
      expect(await answer.json()).toMatchObject({ code: "audit_unavailable" });
    },
  );

  it("who may: nobody sees another tenant's", async () => {
    const { call } = await busy();
    expect(await seqs(await call("/v1/audit", { key: "key-of-two" }))).toEqual([]);
    expect((await call("/v1/audit/1", { key: "key-of-two" })).status).toBe(404);
    expect(await (await call("/v1/audit/export", { key: "key-of-two" })).json()).toEqual({ rows: [] });
  });

  it("exports as JSON, as CSV, and as a chain that is verified offline", async () => {
    const { call } = await busy();
    expect(await seqs(await call("/v1/audit/export"))).toEqual([4, 3, 2, 1]);
    const csv = await (await call("/v1/audit/export?format=csv")).text();
    expect(csv.split("\r\n")[0]).toMatch(/^seq,id,at,begunAt,event,actor,action,/);
    expect(csv.split("\r\n")).toHaveLength(6);
    for (const after of [0, 2]) {
      const chain = await (await call(`/v1/audit/export?format=ndjson&after=${after}`)).text();
      const bytes = async function* (text: string) {
        yield new TextEncoder().encode(text);
      };
      expect(await verifyJournal(bytes(chain))).toMatchObject({
        valid: true,
        entries: 4 - after,
        owner: { tenant: "ten_one1" },
        end: "trailer",
      });
      expect((await verifyJournal(bytes(chain.replace('"status":201', '"status":200')))).valid).toBe(false);
    }
  });
});
