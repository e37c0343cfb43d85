import { describe, expect, it } from "vitest";
import { within } from "./addresses.ts";

const EU = "ten_eu01M85NKE4DP0RP9DAQ2HN40J9C";

/** Says which jurisdiction was asked for; local runtimes throw instead. */
function namespace(has: boolean): { asked: string[]; it: DurableObjectNamespace } {
  const asked: string[] = [];
  const jurisdiction = (name: string) => {
    if (!has) throw new Error("This platform has no jurisdictions");
    asked.push(name);
    return { name };
  };
  // SAFETY: the function under test uses no more of a namespace.
  return { asked, it: { jurisdiction } as unknown as DurableObjectNamespace };
}

describe("the namespace of a tenant", () => {
  it("is that of its jurisdiction", () => {
    const { asked, it: given } = namespace(true);
    expect(within(given, { ENVIRONMENT: "production" }, EU)).toEqual({ name: "eu" });
    expect(within(given, { ENVIRONMENT: "staging" }, EU.replace("eu", "us"))).toEqual({ name: "us" });
    expect(asked).toEqual(["eu", "us"]);
  });

  it("is the whole one for a tenant without residency, and where there are no jurisdictions", () => {
    const { it: given } = namespace(false);
    expect(within(given, { ENVIRONMENT: "production" }, "ten_local")).toBe(given);
    expect(within(given, { ENVIRONMENT: "dev" }, EU)).toBe(given);
  });
});
