import { PassThrough } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld, OPERATOR, type World } from "../../../workers/api/fakes/world.ts";
import { run } from "./program.ts";
import type { Terminal } from "./prompt.ts";

let world: World;
let baseUrl: string;
let close: () => Promise<void>;
let [said, noted] = ["", ""];

beforeAll(async () => {
  ({ baseUrl, close } = await serve(async (request) => world.app.fetch(request)));
});
afterAll(async () => {
  await close();
});
beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  vi.spyOn(process.stdout, "write").mockImplementation((text, ...more) => {
    said += String(text);
    for (const done of more) if (typeof done === "function") (done as () => void)();
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    noted += String(text);
    return true;
  });
  world = makeWorld();
});

const nobody: Terminal = { input: new PassThrough(), output: new PassThrough(), interactive: false };
async function aima(args: readonly string[], key = OPERATOR): Promise<{ code: number; out: string; err: string }> {
  [said, noted] = ["", ""];
  const code = await run(["node", "aima", "--url", baseUrl, "--api-key", key, "tenants", ...args], nobody);
  return { code, out: said, err: noted };
}
const json = async (...args: string[]): Promise<Record<string, unknown>[]> => {
  const { code, out, err } = await aima([...args, "--json"]);
  expect([code, code === 0 ? "" : err]).toEqual([0, ""]);
  const lines = out.trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe("aima tenants", () => {
  it("creates, shows and lists, over several pages", async () => {
    const [harbour] = await json("create", "Harbour", "--residency", "eu", "--admin-email", "ada@example.com");
    expect(harbour).toMatchObject({ name: "Harbour", residency: "eu", status: "active", members: 1 });
    for (let i = 0; i < 60; i += 1) await json("create", `Pier ${i}`);
    expect(await json("list", "--limit", "1000")).toHaveLength(61);
    expect((await aima(["list", "--limit", "1"])).out).toMatch(
      /^ten_\d{26} {2}active {5}any {2}0 members {2}Pier 0\n$/,
    );
    expect((await aima(["show", String(harbour?.["id"])])).out).toMatch(
      /active {5}eu {3}1 members {2}Harbour\n {2}made /,
    );
    expect((await aima(["create", "Moon", "--residency", "moon"])).code).toBe(2);
  });

  it("suspends and resumes; only a suspended tenant is deleted, and only by who says so", async () => {
    expect((await aima(["delete", "ten_two2", "--yes"])).err).toContain("tenant_not_in_state");
    expect(await json("suspend", "ten_two2")).toMatchObject([{ status: "suspended" }]);
    expect(await json("resume", "ten_two2")).toMatchObject([{ status: "active" }]);
    await json("suspend", "ten_two2");
    const asked = await aima(["delete", "ten_two2"]);
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining("Delete ten_two2 with everything it has")]);
    expect(await json("show", "ten_two2")).toMatchObject([{ status: "suspended" }]);
    const begun = await aima(["delete", "ten_two2", "--yes"]);
    expect(begun.out).toMatch(/^ten_two2 {2}running {2}stop-access {2}begun .*\n {2}assets: 0 of 0 purged, 0 erased\n/);
    expect(await json("deletion", "ten_two2")).toMatchObject([
      { id: "ten_two2", status: "running", step: "stop-access" },
    ]);
  });

  it("says what a deletion is stuck on, and goes on with it", async () => {
    await json("suspend", "ten_two2");
    await json("delete", "ten_two2", "--yes");
    world.tenantOf("ten_two2").fail(16);
    const { out, err } = await aima(["deletion", "ten_two2"]);
    expect(out).toContain("stuck");
    expect(out).toContain("  failed 16 times: purge-assets: away\n");
    expect(err).toBe("It waits for an operator: aima tenants deletion ten_two2 --retry\n");
    expect(await json("deletion", "ten_two2", "--retry")).toMatchObject([{ status: "running", attempts: 0 }]);
    expect((await aima(["deletion", "ten_one1"])).code).toBe(4);
  });

  it("is for operators of the platform: no key may", async () => {
    expect((await aima(["list"], KEY)).code).toBe(3);
    expect((await aima(["delete", "ten_two2", "--yes"], KEY)).err).toContain("platform:operate");
  });
});
