/** What every answer carries and every request may ask for: origins, traces, versions, conditions, repetitions, waiting. */
import { Hono } from "hono";
import { z } from "zod";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiEnv } from "../deps.ts";
import { readIfMatch, versioned } from "../entity-tag.ts";
import { makeWorld } from "../fakes/world.ts";
import { preferredWaitMs } from "../prefer-wait.ts";
import { type ApiRoute, defineRoute, type Deprecation } from "../route.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const PAGE = "https://app.example";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("origins", () => {
  const { call } = makeWorld({ corsOrigins: [PAGE] });
  const preflight = (origin: string): Promise<Response> =>
    call("/v1/assets", {
      method: "OPTIONS",
      key: null,
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });

  it("that are set get through a preflight without a credential", async () => {
    const answer = await preflight(PAGE);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
    expect(answer.headers.get("access-control-allow-methods")?.split(", ")).toContain("DELETE");
    expect(answer.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
    expect(answer.headers.get("access-control-max-age")).toBe("7200");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    expect(answer.headers.get("vary")).toContain("Origin");
  });

  it.each([`${PAGE}.evil.example`, "http://app.example", `${PAGE}:8443`, "null", "*"])(
    "that are not set get nothing: %s",
    async (origin) => {
      const refused = await preflight(origin);
      expect(refused.status).toBe(401);
      expect(refused.headers.get("access-control-allow-origin")).toBeNull();
      const answer = await call("/v1/assets", { headers: { origin } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
      expect(answer.headers.get("vary")).toBe("Origin");
    },
  );

  it("that are set read answers and refusals, with the headers that are exposed", async () => {
    for (const key of ["key-of-one", null]) {
      const answer = await call("/v1/assets", { key, headers: { origin: PAGE } });
      expect(answer.status).toBe(key === null ? 401 : 200);
      expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
      expect(answer.headers.get("access-control-expose-headers")).toContain("X-Request-Id");
    }
  });

  it("mean nothing where none is set", async () => {
    const answer = await makeWorld().call("/health", { key: null, headers: { origin: PAGE } });
    expect([answer.headers.get("access-control-allow-origin"), answer.headers.get("vary")]).toEqual([null, null]);
  });
});

describe("a trace", () => {
  const traced = async (given: string | null): Promise<string[]> => {
    const headers = given === null ? {} : { traceparent: given };
    const answer = await makeWorld().call("/health", { key: null, headers });
    return (answer.headers.get("traceparent") ?? "").split("-");
  };

  it("goes on under its id by a span of its own", async () => {
    const [version, trace, span, flags] = await traced(`00-${TRACE}-00f067aa0ba902b7-01`);
    expect([version, trace, flags]).toEqual(["00", TRACE, "01"]);
    expect(span).toMatch(/^[0-9a-f]{16}$/);
    expect(span).not.toBe("00f067aa0ba902b7");
  });

  it.each([
    null,
    "",
    "x",
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `ff-${TRACE}-00f067aa0ba902b7-01`,
    `00-${TRACE.toUpperCase()}-00f067aa0ba902b7-01`,
  ])("begins anew for %s", async (given) => {
    const [version, trace] = await traced(given);
    expect(version).toBe("00");
    expect(trace).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(trace).not.toBe(TRACE);
  });
});

const nothing = z.strictObject({});

/** A route that does not exist, in an app of its own. */
function appOf(deprecated: Deprecation | undefined, handle: () => Response) {
  const route: ApiRoute = defineRoute({
    method: "get",
    path: "/v1/old",
    operationId: "old",
    summary: "Old",
    description: "Old",
    tag: "system",
    permission: "users:manage",
    params: nothing,
    query: nothing,
    body: null,
    ...(deprecated === undefined ? {} : { deprecated }),
    responses: { 200: { description: "Old" } },
    problems: [],
    handle,
  });
  const { call } = makeWorld({ routes: [route] });
  return (key: string) => call("/v1/old", { key });
}

describe("a deprecated route", () => {
  it("says since when, until when and what follows, also to who is refused", async () => {
    const ask = appOf(
      { since: "2026-01-01T00:00:00Z", sunset: "2027-01-01T00:00:00Z", successor: "/v2/new" },
      () => new Response("{}"),
    );
    for (const [key, status] of [
      ["key-of-one", 200],
      ["key-to-read", 403],
      ["nobody", 401],
    ] as const) {
      const { headers, status: answered } = await ask(key);
      expect(answered).toBe(status);
      expect(headers.get("deprecation")).toBe("@1767225600");
      expect(headers.get("sunset")).toBe("Fri, 01 Jan 2027 00:00:00 GMT");
      expect(headers.get("link")).toBe('</v2/new>; rel="successor-version"');
      expect(headers.get("api-version")).toBe("v1");
    }
  });

  it("of which only the beginning is known says no more; others say nothing of it", async () => {
    const open = await appOf(
      { since: "2026-01-01T00:00:00Z", sunset: null, successor: null },
      () => new Response(),
    )("key-of-one");
    expect(["deprecation", "sunset", "link"].map((name) => open.headers.get(name))).toEqual([
      "@1767225600",
      null,
      null,
    ]);
    const current = await appOf(undefined, () => new Response())("key-of-one");
    expect([current.headers.get("deprecation"), current.headers.get("api-version")]).toEqual([null, "v1"]);
  });
});

describe("a refusal for want of a permission", () => {
  it("names what it takes", async () => {
    const answer = await appOf(undefined, () => new Response())("key-to-read");
    expect(await answer.json()).toMatchObject({ code: "forbidden", required_permissions: ["users:manage"] });
  });
});

describe("conditions on a version", () => {
  const app = new Hono<ApiEnv>();
  app.on(["GET", "PUT"], "/read", (c) => versioned(c, 3, { name: "a" }));
  for (const required of [true, false]) {
    app.put(required ? "/must" : "/may", (c) => {
      const read = readIfMatch(c, required);
      return read.ok ? c.json(read.value) : read.error;
    });
  }
  const put = async (path: string, tag: string | null): Promise<unknown> => {
    const answer = await app.request(path, { method: "PUT", headers: tag === null ? {} : { "if-match": tag } });
    const body: unknown = await answer.json();
    return answer.ok ? body : [answer.status, (body as { code: string }).code];
  };

  it.each([
    ['"v3"', 3],
    [' "v12" ', 12],
    ["*", null],
    ['W/"v3"', [412, "precondition_failed"]],
    ['"v3", "v4"', [412, "precondition_failed"]],
    ['"v0"', [412, "precondition_failed"]],
    ['"v03"', [412, "precondition_failed"]],
    ["v3", [412, "precondition_failed"]],
    ['"v9999999999999999"', [412, "precondition_failed"]],
  ])("read %s as %j", async (tag, wanted) => {
    expect(await put("/may", tag)).toEqual(wanted);
    expect(await put("/must", tag)).toEqual(wanted);
  });

  it("may be left out only where they are no must", async () => {
    expect(await put("/may", null)).toBeNull();
    expect(await put("/must", null)).toEqual([428, "precondition_required"]);
  });

  it("answer a reader who has the version with 304", async () => {
    for (const [tag, status] of [
      ['"v3"', 304],
      ['W/"v3"', 304],
      ['"v1", "v3"', 304],
      ["*", 304],
      ['"v2"', 200],
    ] as const) {
      const answer = await app.request("/read", { headers: { "if-none-match": tag } });
      expect([answer.status, answer.headers.get("etag")], tag).toEqual([status, '"v3"']);
      expect(await answer.text()).toBe(status === 304 ? "" : '{"name":"a"}');
    }
  });

  it("answer what was changed with what it is now, whatever `If-None-Match` says", async () => {
    for (const tag of ["*", '"v3"']) {
      const answer = await app.request("/read", { method: "PUT", headers: { "if-none-match": tag } });
      expect([answer.status, await answer.json()]).toEqual([200, { name: "a" }]);
    }
  });
});

describe("Prefer: wait", () => {
  const app = new Hono<ApiEnv>();
  app.get("/", (c) => c.json(preferredWaitMs(c)));

  it.each([
    ["wait=5", 5_000, "wait=5"],
    ["wait=0", 0, "wait=0"],
    ["respond-async, wait=10", 10_000, "wait=10"],
    ['Wait="7"; x', 7_000, "wait=7"],
    ["wait=3600", 30_000, "wait=30"],
    ["wait=-1", 0, null],
    ["wait=1.5", 0, null],
    ["wait", 0, null],
    ["await=5", 0, null],
    ["wait=99999999999", 0, null],
  ])("%s waits %d ms", async (given, ms, applied) => {
    const answer = await app.request("/", { headers: { prefer: given } });
    expect([await answer.json(), answer.headers.get("preference-applied")]).toEqual([ms, applied]);
  });
});

describe("a repeated creation", () => {
  it("answers the same under the same key, and says so; another body is refused", async () => {
    const { post } = makeWorld();
    const key = { "idempotency-key": "one" };
    const first = await post("/v1/assets", { name: "a.jpg" }, key);
    const again = await post("/v1/assets", { name: "a.jpg" }, key);
    const other = await post("/v1/assets", { name: "b.jpg" }, key);
    expect([first.status, again.status, other.status]).toEqual([201, 201, 422]);
    expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    expect(((await again.json()) as { id: string }).id).toBe(((await first.json()) as { id: string }).id);
    expect(await other.json()).toMatchObject({ code: "idempotency_conflict" });
  });

  it("makes one asset, however many ask at once", async () => {
    const { post, assets } = makeWorld();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post("/v1/assets", { name: "a.jpg" }, { "idempotency-key": "one" })),
    );
    const ids = await Promise.all(answers.map(async (answer) => ((await answer.json()) as { id: string }).id));
    expect([new Set(answers.map(({ status }) => status)), new Set(ids).size]).toEqual([new Set([201]), 1]);
    expect([...assets.keys()]).toEqual([`ten_one1/${ids[0]}`]);
    expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true")).toHaveLength(19);
  });

  it.each(["", "a b", "\u00e9", "x".repeat(256)])("with the key %j is refused", async (key) => {
    const answer = await makeWorld().post("/v1/assets", { name: "a.jpg" }, { "idempotency-key": key });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ errors: [{ pointer: "/headers/idempotency-key" }] });
  });
});

describe("a body that is too large", () => {
  it("is refused before it is read to its end, announced or not", async () => {
    const { call } = makeWorld();
    let chunks = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        chunks += 1;
        controller.enqueue(new Uint8Array(16 * 1024).fill(0x20));
      },
    });
    const json = { "content-type": "application/json" };
    const answer = await call("/v1/assets", { method: "POST", body: endless, headers: json });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, "payload_too_large"]);
    expect(chunks).toBeLessThan(10);
    const announced = await call("/v1/assets", {
      method: "POST",
      body: "{}",
      headers: { ...json, "content-length": "65537" },
    });
    expect(announced.status).toBe(413);
  });
});

describe("security headers", () => {
  it.each(["/health", "/nowhere", "/v1/assets?x=1", "/v1/auth/me", "/openapi.json", "/problems/not_found"])(
    "stand on the answer of %s",
    async (path) => {
      const { headers } = await makeWorld({ environment: "production" }).call(path);
      expect({
        sniff: headers.get("x-content-type-options"),
        referrer: headers.get("referrer-policy"),
        transport: headers.get("strict-transport-security"),
        policy: headers.get("content-security-policy")?.includes("default-src 'none'"),
      }).toEqual({
        sniff: "nosniff",
        referrer: "no-referrer",
        transport: expect.stringMatching(/^max-age=\d{8}/),
        policy: true,
      });
    },
  );
});
