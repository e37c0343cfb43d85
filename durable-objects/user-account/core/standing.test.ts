import { describe, expect, it } from "vitest";
import { activated, proven, type Standing, suspended } from "./standing.ts";

const at = (status: Standing["status"], before: Standing["before"] = null): Standing => ({ status, before });

describe("standing", () => {
  it("a suspended user becomes again what they were", () => {
    for (const status of ["invited", "unverified", "active"] as const) {
      expect(suspended(at(status))).toEqual(at("suspended", status));
      expect(activated(suspended(suspended(at(status))))).toEqual(at(status));
    }
  });

  it("a proven address lets in who waits for it, and nobody who is suspended or deleted", () => {
    for (const status of ["invited", "unverified", "active"] as const) expect(proven(at(status))).toEqual(at("active"));
    expect(proven(at("suspended", "invited"))).toBeNull();
    expect(proven(at("deleted"))).toBeNull();
  });

  it("an administrator answers for an unverified address; nobody chooses a password for an invited user", () => {
    expect(activated(at("unverified"))).toEqual(at("active"));
    expect(activated(at("invited"))).toEqual(at("invited"));
    expect(activated(at("deleted"))).toEqual(at("deleted"));
    expect(suspended(at("deleted"))).toEqual(at("deleted"));
  });
});
