import { describe, expect, it, vi } from "vitest";
import type { Authentication } from "../../access/authenticate.ts";
import { makeWorld } from "../fakes/world.ts";

vi.spyOn(console, "log").mockReturnValue(undefined);

const answer = async (authentication: Authentication) => {
  const { call, assets } = makeWorld({ authenticate: async () => authentication });
  const response = await call("/v1/assets/ast_99999999999999999999999999");
  const { code } = (await response.json()) as { code: string };
  return { status: response.status, code, retryAfter: response.headers.get("retry-after"), asked: assets.size };
};

describe("a credential", () => {
  it("of a tenant that is suspended is told so, and reaches nothing", async () => {
    expect(await answer("suspended")).toEqual({ status: 403, code: "tenant_suspended", retryAfter: null, asked: 0 });
  });

  it("that nobody could check in time may be shown again", async () => {
    expect(await answer("unavailable")).toEqual({
      status: 503,
      code: "authentication_unavailable",
      retryAfter: "5",
      asked: 0,
    });
  });

  it.each([
    ["Bearer", null],
    ["Bearer ", null],
    ["Basic abc", null],
    ["BearerBearer abc", null],
    ["bearer abc", "abc"],
    ["Bearer   abc", "abc"],
    ["Bearer a b", "a b"],
    [`Bearer ${"a".repeat(2_048)}`, "a".repeat(2_048)],
  ])("is read from the header %j", async (authorization, credential) => {
    const seen: string[] = [];
    const { app } = makeWorld({
      authenticate: async (shown) => {
        seen.push(shown);
        return null;
      },
    });
    const response = await app.request("/v1/assets", { headers: { authorization } });
    expect(response.status).toBe(401);
    expect(seen).toEqual(credential === null ? [] : [credential]);
  });
});

describe("the keys of access tokens", () => {
  it("are public, and may be kept for five minutes", async () => {
    const keys = [
      {
        kty: "OKP",
        crv: "Ed25519",
        kid: "k1",
        alg: "EdDSA",
        use: "sig",
        x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
      } as const,
    ];
    const response = await makeWorld({ jwks: { keys } }).call("/.well-known/jwks.json", { key: null });
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(await response.json()).toEqual({ keys });
  });
});
