import { describe, expect, it, vi, beforeEach } from "vitest";
import { keyFor, makeWorld } from "../fakes/world.ts";
import { ROUTES } from "./table.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const ABSENT = "ast_99999999999999999999999999";
const at = (path: string): string =>
  path
    .replace("{assetId}", ABSENT)
    .replace("{jobId}", "job_99999999999999999999999999")
    .replace("{deadLetterId}", "dlt_99999999999999999999999999999999")
    .replace("{userId}", "usr_99999999999999999999999999")
    .replace("{sessionId}", "ses_99999999999999999999999999")
    .replace("{seq}", "1")
    .replace("{provider}", "nobody")
    .replace("{keyId}", "key_99999999999999999999999999")
    .replace("{rule}", "tenant")
    .replace("{tenantId}", "ten_99999999999999999999999999")
    .replace("{subject}", "key:key_99999999999999999999999999")
    .replace("{name}", "thumbnail.webp")
    .replace("{code}", "not_found")
    .replace("{file}", "swagger-ui.css");
const code = async (response: Response): Promise<unknown> => ((await response.json()) as { code: unknown }).code;

const all = ROUTES.map((route) => ({ name: `${route.method.toUpperCase()} ${route.path}`, route }));
const guarded = all.filter(({ route }) => route.permission !== null);
const versioned = all.filter(({ route }) => route.path.startsWith("/v1/"));
const withAsset = guarded.filter(({ route }) => route.path.includes("{assetId}"));
const withBody = versioned.filter(({ route }) => route.body !== null);

describe("every route", () => {
  it("asks for a permission exactly when it lies under /v1, but for the ways in", () => {
    const open = versioned.filter(({ route }) => route.permission === null).map(({ name }) => name);
    expect(open).toEqual([
      "POST /v1/auth/login",
      "GET /v1/auth/oidc/{provider}/start",
      "GET /v1/auth/oidc/{provider}/callback",
      "POST /v1/auth/refresh",
      "POST /v1/auth/register",
      "POST /v1/auth/verify-email",
      "POST /v1/auth/accept-invitation",
      "POST /v1/auth/request-password-reset",
      "POST /v1/auth/reset-password",
      "POST /v1/auth/validate-password",
    ]);
    expect(guarded.filter(({ route }) => !route.path.startsWith("/v1/"))).toEqual([]);
    expect(guarded).toHaveLength(84);
  });

  it.each(all)("$name refuses a method that it does not have, and names those it has", async ({ route }) => {
    const { call } = makeWorld();
    const response = await call(at(route.path), { method: "PATCH" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")?.split(", ")).toContain(route.method.toUpperCase());
    expect(await code(response)).toBe("method_not_allowed");
  });

  it.each(guarded)("$name refuses a request without a key or with a wrong one", async ({ route }) => {
    const { call } = makeWorld();
    for (const key of [null, "nobody"]) {
      const response = await call(at(route.path), { method: route.method.toUpperCase(), key });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe('Bearer realm="aima"');
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await code(response)).toBe("unauthorized");
    }
  });

  it.each(guarded.filter(({ route }) => route.permission !== "assets:read"))(
    "$name refuses a key without its permission",
    async ({ route }) => {
      const { call } = makeWorld();
      const response = await call(at(route.path), { method: route.method.toUpperCase(), key: "key-to-read" });
      expect([response.status, await code(response)]).toEqual([403, "forbidden"]);
    },
  );

  it.each(withAsset)("$name does not find another tenant's asset", async ({ route }) => {
    const { call, create } = makeWorld();
    const id = await create();
    const path = at(route.path).replace(ABSENT, id);
    const response = await call(path, { method: route.method.toUpperCase(), key: "key-of-two" });
    expect([response.status, await code(response)]).toEqual([404, "not_found"]);
  });

  it.each(withAsset)("$name does not find an id that cannot exist", async ({ route }) => {
    const { call, assets } = makeWorld();
    const response = await call(at(route.path).replace(ABSENT, "..%2Fast_1"), { method: route.method.toUpperCase() });
    expect([response.status, await code(response)]).toEqual([404, "not_found"]);
    expect(assets.size).toBe(0);
  });

  it.each(withBody)(
    "$name refuses bodies that are no JSON, too large, of another type or with unknown fields",
    async ({ route }) => {
      const { call } = makeWorld();
      const send = async (body: string, type = "application/json"): Promise<unknown> => {
        const response = await call(at(route.path), {
          method: route.method.toUpperCase(),
          key: keyFor(route.permission),
          body,
          headers: { "content-type": type },
        });
        return [response.status, await code(response)];
      };
      expect(await send("{")).toEqual([400, "malformed_json"]);
      expect(await send(`"${"x".repeat(65_536)}"`)).toEqual([413, "payload_too_large"]);
      expect(await send("{}", "text/plain")).toEqual([415, "unsupported_media_type"]);
      expect(await send('{"name":"a","surprise":1}')).toEqual([422, "invalid_request"]);
    },
  );

  it.each(guarded.filter(({ route }) => route.method === "get"))(
    "$name refuses an unknown query parameter",
    async ({ route }) => {
      const { call } = makeWorld();
      const path = `${at(route.path)}?surprise=1${route.path === "/v1/search" ? "&q=a" : ""}`;
      const response = await call(path, { key: keyFor(route.permission) });
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ errors: [{ pointer: "/query/surprise" }] });
    },
  );
});
