import { describe, expect, it } from "vitest";
import { limitRules } from "./default-rules.ts";

describe("limitRules", () => {
  it("has the defaults, the most important first", () => {
    expect(limitRules("").map(({ name }) => name)).toEqual([
      "auth",
      "doors",
      "rerun",
      "upload",
      "address",
      "user",
      "key",
      "tenant",
      "global",
    ]);
  });

  it("changes one rule, all of them, and adds one", () => {
    const extra = { name: "search", scope: "user", algorithm: "fixed-window", limit: 9, windowMs: 1_000 };
    const rules = limitRules(
      JSON.stringify([{ name: "*", limit: 7 }, { name: "user", limit: 8, enabled: false }, extra]),
    );
    expect(rules.find(({ name }) => name === "user")).toMatchObject({
      limit: 8,
      burst: 20,
      priority: 2,
      enabled: false,
    });
    expect(rules.find(({ name }) => name === "tenant")).toMatchObject({ limit: 7, priority: 1, enabled: true });
    expect(rules.find(({ name }) => name === "search")).toMatchObject({ limit: 9, onFailure: "open", priority: 0 });
  });

  it.each([
    ['[{"name":"user","limit":0}]', /limit/],
    ['[{"name":"user","surprise":1}]', /surprise/],
    ['[{"name":"new","limit":5}]', /algorithm/],
    ['[{"name":"tenant","limit":1000000000,"windowMs":2678400000}]', /exactly/],
    ["{}", /array/],
  ])("refuses %s", (setting, message) => {
    expect(() => limitRules(setting)).toThrow(message);
  });
});
