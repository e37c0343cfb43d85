import { expect, it } from "vitest";
import { boundedBy } from "./bounded.ts";
import { permissionsOf, PLATFORM_TENANT } from "./permissions.ts";

it("a key may what both it and its maker may, and nothing that no key has", () => {
  const user = permissionsOf("ten_one1", "user", ["keys:manage"]);
  expect(boundedBy(["assets:read", "audit:read"], user)).toEqual(["assets:read"]);
  expect(boundedBy(["*"], permissionsOf("ten_one1", "guest", []))).toEqual([
    "assets:read",
    "search",
    "jobs:read",
    "tenant:read",
  ]);
  expect(boundedBy(["audit:read"], user)).toEqual([]);
  const operator = permissionsOf(PLATFORM_TENANT, "admin", []);
  expect(operator).toContain("platform:operate");
  expect(boundedBy(["*"], operator)).toEqual(
    permissionsOf("ten_one1", "admin", []).filter((each) => each !== "account:self"),
  );
});
