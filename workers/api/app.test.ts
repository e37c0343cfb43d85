import { beforeEach, describe, expect, it, vi } from "vitest";
import { makeWorld } from "./fakes/world.ts";

let lines: string[] = [];
beforeEach(() => {
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => {
    lines.push(line);
  });
});

describe("the app", () => {
  it("answers an unknown path with 404 and the request's id", async () => {
    const { call } = makeWorld();
    const response = await call("/nowhere", { headers: { "x-request-id": "trace-12345" } });
    expect(response.status).toBe(404);
    expect(response.headers.get("x-request-id")).toBe("trace-12345");
    expect(await response.json()).toMatchObject({ code: "not_found", instance: "/nowhere", requestId: "trace-12345" });
  });

  it("replaces a request id that is not sane", async () => {
    const { call } = makeWorld();
    const response = await call("/health", { headers: { "x-request-id": "a b" } });
    expect(response.headers.get("x-request-id")).toMatch(/^req_[0-9A-Z]{26}$/);
  });

  it("sets security headers on answers and on errors", async () => {
    const { call } = makeWorld();
    for (const path of ["/health", "/nowhere", "/v1/assets?x=1"]) {
      const { headers } = await call(path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  it("logs the route's pattern and tenant, and neither query nor key", async () => {
    const { call } = makeWorld();
    await call("/v1/search?q=secret-words");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      method: "GET",
      route: "/v1/search",
      status: 200,
      tenant: "ten_one1",
    });
    expect(lines.join("")).not.toMatch(/secret-words|key-of-one/);
  });

  it("logs the pattern of a request that is refused before its route", async () => {
    const { call } = makeWorld();
    await call("/v1/assets/ast_99999999999999999999999999", { key: null });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ route: "/v1/assets/{assetId}", status: 401, tenant: null });
  });

  it("answers an unforeseen fault with `internal`, tells nothing and logs it once", async () => {
    const { call } = makeWorld({
      assets: () => {
        throw new Error("password=hunter2");
      },
    });
    const response = await call("/v1/assets/ast_99999999999999999999999999");
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: "internal" });
    expect(text).not.toContain("hunter2");
    expect(lines.filter((line) => line.includes("request_failed"))).toHaveLength(1);
  });

  it("explains each error code at the address that problems point to", async () => {
    const { call } = makeWorld();
    const { type } = (await (await call("/nowhere")).json()) as { type: string };
    expect(await (await call(type)).json()).toMatchObject({ code: "not_found", status: 404 });
  });

  it("describes every path under /v1 in its OpenAPI document", async () => {
    const { call } = makeWorld();
    const { openapi, paths } = (await (await call("/openapi.json", { key: null })).json()) as {
      openapi: string;
      paths: object;
    };
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths)).toEqual([
      "/v1/assets",
      "/v1/assets/{assetId}",
      "/v1/assets/{assetId}/restore",
      "/v1/assets/{assetId}/rerun",
      "/v1/assets/{assetId}/saga",
      "/v1/assets/{assetId}/saga/retry",
      "/v1/assets/{assetId}/saga/abandon",
      "/v1/assets/{assetId}/content",
      "/v1/assets/{assetId}/complete",
      "/v1/assets/{assetId}/events",
      "/v1/assets/{assetId}/insights",
      "/v1/assets/{assetId}/artifacts/{name}",
      "/v1/jobs/{jobId}",
      "/v1/jobs/{jobId}/events",
      "/v1/jobs/{jobId}/confirm",
      "/v1/jobs/{jobId}/pause",
      "/v1/jobs/{jobId}/resume",
      "/v1/jobs/{jobId}/cancel",
      "/v1/jobs/{jobId}/priority",
      "/v1/search",
      "/v1/dead-letters",
      "/v1/dead-letters/{deadLetterId}",
      "/v1/dead-letters/{deadLetterId}/redrive",
      "/v1/dead-letters/redrive",
      "/v1/audit",
      "/v1/audit/export",
      "/v1/audit/stats",
      "/v1/audit/{seq}",
      "/v1/rate-limits",
      "/v1/rate-limits/rules",
      "/v1/rate-limits/overrides",
      "/v1/rate-limits/{subject}",
      "/v1/api-keys",
      "/v1/api-keys/{keyId}",
      "/v1/api-keys/{keyId}/disable",
      "/v1/api-keys/{keyId}/enable",
      "/v1/api-keys/{keyId}/roll",
      "/v1/tenant",
      "/v1/tenant/usage",
      "/v1/tenant/quotas",
      "/v1/platform/tenants",
      "/v1/platform/tenants/{tenantId}",
      "/v1/platform/tenants/{tenantId}/suspend",
      "/v1/platform/tenants/{tenantId}/resume",
      "/v1/platform/tenants/{tenantId}/deletion",
      "/v1/platform/tenants/{tenantId}/deletion/retry",
      "/v1/platform/tenants/{tenantId}/quotas",
      "/v1/platform/tenants/{tenantId}/rate-limits",
      "/v1/platform/tenants/{tenantId}/rate-limits/{rule}",
      "/v1/platform/tenants/{tenantId}/rate-limit-counts",
      "/v1/auth/login",
      "/v1/auth/oidc/{provider}/start",
      "/v1/auth/oidc/{provider}/callback",
      "/v1/auth/refresh",
      "/v1/auth/logout",
      "/v1/auth/register",
      "/v1/auth/verify-email",
      "/v1/auth/accept-invitation",
      "/v1/auth/request-password-reset",
      "/v1/auth/reset-password",
      "/v1/auth/change-password",
      "/v1/auth/validate-password",
      "/v1/auth/me",
      "/v1/auth/sessions",
      "/v1/auth/sessions/{sessionId}",
      "/v1/auth/totp",
      "/v1/auth/totp/confirm",
      "/v1/auth/totp/recovery-codes",
      "/v1/users",
      "/v1/users/{userId}",
      "/v1/users/{userId}/role",
      "/v1/users/{userId}/suspend",
      "/v1/users/{userId}/activate",
      "/v1/users/{userId}/unlock",
      "/v1/users/{userId}/reset-password",
      "/v1/users/{userId}/sessions",
      "/health",
      "/problems/{code}",
      "/.well-known/jwks.json",
    ]);
  });

  it("serves its documentation without inline script or outside request", async () => {
    const { call } = makeWorld({ docs: { fetch: async () => new Response("css") } });
    const page = await call("/docs", { key: null });
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self';");
    expect(await page.text()).not.toMatch(/https?:|<script>/);
    const style = await call("/docs/assets/swagger-ui.css", { key: null });
    expect([await style.text(), style.headers.get("content-type")]).toEqual(["css", "text/css; charset=utf-8"]);
    expect((await call("/docs/assets/other.js", { key: null })).status).toBe(404);
  });
});
