import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld, type World } from "../../../workers/api/fakes/world.ts";
import { run } from "./program.ts";

/** One of many rows, with a line end in a cell. */
const ROW = {
  intent: {
    tenant: "ten_one1",
    event: "media.created",
    actor: { kind: "api-key", id: "key_one" },
    action: "createAsset",
    resource: { type: "asset", id: "ast_1" },
    requestId: "req_1",
    method: "POST",
    route: "/v1/assets",
    address: "192.0.2.1",
    userAgent: 'a "quoted"\r\nname',
  },
  ending: { event: "media.created", outcome: "success", reason: null, status: 201, before: null, after: null },
} as const;

let world: World;
let ada: string;
let baseUrl: string;
let folder: string;
let close: () => Promise<void>;
let [said, noted] = ["", ""];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aima-access-"));
  ({ baseUrl, close } = await serve(async (request) => world.app.fetch(request)));
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  vi.spyOn(process.stdout, "write").mockImplementation((text, ...more) => {
    said += typeof text === "string" ? text : Buffer.from(text).toString();
    for (const done of more) if (typeof done === "function") (done as () => void)();
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    noted += String(text);
    return true;
  });
  world = makeWorld();
  ada = await world.found("ada", "admin");
});

async function aima(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  [said, noted] = ["", ""];
  const code = await run(["node", "aima", "--url", baseUrl, "--api-key", KEY, ...args]);
  return { code, out: said, err: noted };
}
const json = async (...args: readonly string[]): Promise<Record<string, unknown>[]> => {
  const { code, out, err } = await aima(...args, "--json");
  expect([code, code === 0 ? "" : err]).toEqual([0, ""]);
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe("aima users", () => {
  it("invites, shows, lists over several pages and filters", async () => {
    const [grace] = await json("users", "invite", "Grace@Example.com", "--role", "guest", "--permission", "audit:read");
    expect(grace).toMatchObject({ email: "grace@example.com", status: "invited", permissions: ["audit:read"] });
    for (let i = 0; i < 120; i += 1) await world.found(`user${i}`);
    expect(await json("users", "list", "--limit", "1000")).toHaveLength(122);
    expect(await json("users", "list", "--role", "guest")).toMatchObject([
      { id: grace?.["id"], email: "grace@example.com", username: null, role: "guest", status: "invited" },
    ]);
    expect((await aima("users", "list", "--limit", "1")).out).toBe(`${ada}  active      admin  ada@example.com  ada\n`);
    expect(await json("users", "list", "--q", "USER11", "--sort", "-email", "--limit", "2")).toMatchObject([
      { username: "user11" },
      { username: "user119" },
    ]);
    expect((await aima("users", "list", "--sort", "role")).code).toBe(2);
    expect((await aima("users", "show", ada)).out).toMatch(`${ada}  active  admin  ada@example.com  ada\n  second`);
    expect((await aima("users", "show", `usr_${"9".repeat(26)}`)).code).toBe(4);
    expect((await aima("users", "invite", "x@example.com", "--role", "king")).code).toBe(2);
  });

  it("changes address and names, and voids a password", async () => {
    const bob = await world.found("bob");
    const [changed] = await json("users", "update", bob, "--email", "bob@new.example", "--full-name", "Bob B");
    expect(changed).toMatchObject({ email: "bob@new.example", fullName: "Bob B", username: "bob" });
    expect(await json("users", "update", bob, "--username", "")).toMatchObject([{ username: null, fullName: "Bob B" }]);
    expect((await aima("users", "update", bob)).code).toBe(2);
    const reset = await aima("users", "reset-password", bob);
    expect([reset.code, reset.err]).toEqual([
      0,
      "The password is void and all sessions have ended; a token for another password is mailed.\n",
    ]);
    expect(world.accountOf("ten_one1", bob).mailed.at(-1)).toMatch(/^aimt_reset_/);
  });

  it("changes a role and what is allowed beside it; the last admin stays", async () => {
    const bob = await world.found("bob");
    const [more] = await json("users", "set-role", bob, "guest", "--permission", "audit:read");
    expect(more).toMatchObject({ role: "guest", permissions: ["audit:read"] });
    expect(await json("users", "set-role", bob, "user")).toMatchObject([{ role: "user", permissions: ["audit:read"] }]);
    const [less] = await json("users", "set-role", bob, "user", "--clear-permissions");
    expect(less).toMatchObject({ permissions: [] });
    const refused = await aima("users", "set-role", ada, "user");
    expect([refused.code, refused.err.includes("last_admin")]).toEqual([1, true]);
  });

  it("suspends, activates, unlocks, lists and ends sessions, and removes", async () => {
    const bob = await world.found("bob");
    const logIn = { tenant: "ten_one1", login: "bob", password: "bob-password" };
    await world.post("/v1/auth/login", logIn);
    expect(await json("users", "sessions", bob)).toMatchObject([{ method: "password", address: "local" }]);
    expect((await aima("users", "sessions", bob)).out).toMatch(/^ses_\w{26} {2}password {2}local {2}seen /);
    expect((await aima("users", "sessions", bob, "--end")).out).toBe("1 sessions ended\n");
    expect((await aima("users", "sessions", bob)).err).toBe("The user is not signed in.\n");
    expect(await json("users", "suspend", bob)).toMatchObject([{ status: "suspended" }]);
    expect(await json("users", "activate", bob)).toMatchObject([{ status: "active" }]);
    expect(await json("users", "unlock", bob)).toMatchObject([{ id: bob }]);
    expect((await aima("users", "remove", bob, "--yes")).out).toBe(`${bob} removed\n`);
    expect((await aima("users", "show", bob)).code).toBe(4);
  });
});

describe("aima keys", () => {
  it("prints a new key alone on stdout, this once, with a warning on stderr", async () => {
    const made = await aima("keys", "create", "Import", "--permission", "assets:read", "--rate", "600/60");
    expect(made.code).toBe(0);
    expect(made.out).toMatch(/^aima_\w+\n$/);
    expect(made.err).toContain("warning: this is the whole key, shown this once");
    const secret = made.out.trim();
    expect(made.err).not.toContain(secret);
    const [listed] = await json("keys", "list");
    expect(listed).toMatchObject({ name: "Import", permissions: ["assets:read"], ending: secret.slice(-4) });
    const id = String(listed?.["id"]);
    const shown = await aima("keys", "show", id);
    expect(shown.out).toContain("at most 600 requests in 60 s");
    for (const { out, err } of [shown, await aima("keys", "list"), await aima("audit", "list", "--json")]) {
      expect(out + err).not.toContain(secret);
    }
  });

  it("switches, rolls and deletes", async () => {
    const [made] = await json("keys", "create", "A", "--permission", "*", "--expires", "2099-01-01T00:00:00Z");
    expect(made).toMatchObject({ expiresAt: "2099-01-01T00:00:00.000Z" });
    const id = String(made?.["id"]);
    expect(await json("keys", "disable", id)).toMatchObject([{ status: "disabled" }]);
    expect(await json("keys", "enable", id)).toMatchObject([{ status: "enabled" }]);
    const rolled = await aima("keys", "roll", id, "--grace", "60");
    expect(rolled.out).toMatch(/^aima_\w+\n$/);
    expect(rolled.out.trim()).not.toBe(made?.["secret"]);
    expect((await aima("keys", "show", id)).out).toContain("the secret before opens until");
    expect((await aima("keys", "delete", id, "--yes")).out).toBe(`${id} deleted\n`);
    expect((await aima("keys", "show", id)).code).toBe(4);
  });

  it("changes a key, and takes its bounds away", async () => {
    const [made] = await json("keys", "create", "A", "--permission", "*", "--rate", "600/60");
    const id = String(made?.["id"]);
    const [changed] = await json(
      "keys",
      "update",
      id,
      "--name",
      "B",
      "--permission",
      "search",
      "--expires",
      "2099-01-01",
    );
    expect(changed).toMatchObject({
      name: "B",
      permissions: ["search"],
      expiresAt: "2099-01-01T00:00:00.000Z",
      limit: { limit: 600, windowSeconds: 60 },
    });
    expect(await json("keys", "update", id, "--rate", "none", "--expires", "never")).toMatchObject([
      { name: "B", limit: null, expiresAt: null },
    ]);
    expect((await aima("keys", "update", id)).code).toBe(2);
    const unfit = await aima("keys", "update", id, "--name", "x".repeat(500));
    expect([unfit.code, unfit.err.split("\n")[1]]).toEqual([1, expect.stringMatching(/^ {2}\/name: \S/)]);
  });

  it("refuses what is no key's: no permission, no rate, no time", async () => {
    const codes = [
      await aima("keys", "create", "A"),
      await aima("keys", "create", "A", "--permission", "*", "--rate", "fast"),
      await aima("keys", "create", "A", "--permission", "*", "--expires", "soon"),
      await aima("keys", "roll", "key_x", "--grace", "86401"),
      await aima("keys", "create", "A", "--permission", "fly"),
    ].map(({ code }) => code);
    expect(codes).toEqual([2, 2, 2, 2, 1]);
  });
});

describe("aima audit", () => {
  it("lists and counts", async () => {
    for (let i = 0; i < 3; i += 1) await world.create();
    await aima("users", "suspend", ada);
    expect(await json("audit", "list", "--action", "createAsset")).toHaveLength(3);
    const [refused] = await json("audit", "list", "--outcome", "refused");
    expect(refused).toMatchObject({ action: "suspendUser", reason: "last_admin" });
    expect((await aima("audit", "list", "--limit", "1")).out).toMatch(/^ {5}4 {2}\S+ {2}\S+ {2}refused \(last_admin\)/);
    const [row] = await json("audit", "show", "4");
    expect(row).toMatchObject({
      seq: 4,
      action: "suspendUser",
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    const shown = await aima("audit", "show", "4");
    expect([shown.code, shown.out.includes("  actor: {"), shown.out.includes("  hash ")]).toEqual([0, true, true]);
    expect([(await aima("audit", "show", "99")).code, (await aima("audit", "show", "x")).code]).toEqual([4, 2]);
    expect(await json("audit", "stats", "--by", "day")).toMatchObject([{ total: 4 }]);
    expect((await aima("audit", "stats")).out).toBe("4 rows\n");
  });

  it("exports the whole chain, of several pieces, as a file that verify accepts and that nobody else reads", async () => {
    const log = world.auditOf("ten_one1");
    await log.append(Array.from({ length: 10_041 }, () => ROW));
    const whole = join(folder, "audit.ndjson");
    const saved = await aima("audit", "export", "-o", whole, "--json");
    expect(JSON.parse(saved.out)).toEqual({
      tenant: "ten_one1",
      path: whole,
      entries: 10_041,
      head: `10041:${log.entries[10_040]?.hash}`,
    });
    expect((await stat(whole)).mode & 0o777).toBe(0o600);
    const valid = { valid: true, owner: { tenant: "ten_one1" }, end: "trailer" };
    expect(await json("verify", whole)).toMatchObject([{ ...valid, entries: 10_041 }]);
    const piece = join(folder, "piece.ndjson");
    await aima("audit", "export", "--after", "10030", "-o", piece);
    expect(await json("verify", piece, "--against", whole)).toMatchObject([
      { ...valid, entries: 10_041 },
      { ...valid, entries: 11 },
    ]);
    expect((await aima("audit", "export", "-o", whole)).err).toContain("exists");
    const csv = await aima("audit", "export", "--format", "csv", "-o", join(folder, "newest.csv"));
    expect(csv.err).toContain("only the newest 10000 rows");
  });

  it("finds out a row that was changed", async () => {
    for (let i = 0; i < 3; i += 1) await world.create();
    const entry = world.auditOf("ten_one1").entries[1];
    if (entry === undefined) throw new Error("There is no row.");
    Object.assign(entry, { type: "media.deleted" });
    const ended = await aima("audit", "export", "-o", join(folder, "forged.ndjson"));
    expect([ended.code, ended.err.includes("is not valid")]).toEqual([1, true]);
  });

  it("exports rows as CSV and JSON, to a file or to stdout", async () => {
    for (let i = 0; i < 3; i += 1) await world.create();
    const path = join(folder, "audit.csv");
    expect(await json("audit", "export", "--format", "csv", "-o", path)).toEqual([{ path, format: "csv", rows: 3 }]);
    expect((await readFile(path, "utf8")).startsWith("seq,id,at,")).toBe(true);
    const { out } = await aima("audit", "export", "--format", "json", "--action", "createAsset", "-o", "-");
    expect((JSON.parse(out) as { rows: unknown[] }).rows).toHaveLength(3);
    expect((await aima("audit", "export", "--format", "csv", "-o", path)).code).toBe(1);
    expect((await aima("audit", "export", "--format", "csv", "--after", "1")).code).toBe(2);
    expect((await aima("audit", "export", "--outcome", "refused")).code).toBe(2);
  });
});

describe("aima usage", () => {
  it("prints quotas with their units, and the days", async () => {
    const tenant = world.tenantOf("ten_one1");
    await tenant.setQuotas({ bytes: 1_048_576, moneyCents: 1_250 });
    await tenant.reserveQuota("a", { bytes: 1_024 });
    tenant.days.push({ day: "2026-11-25", jobs: 3, computeMs: 41_500 });
    const { code, out } = await aima("usage");
    expect(code).toBe(0);
    expect(out).toMatch(/^bytes {7}0 B used, 1.0 KiB reserved, of 1.0 MiB$/m);
    expect(out).toMatch(/^moneyCents {2}0.00 used, of 12.50 in \d{4}-\d\d$/m);
    expect(out).toMatch(/^jobs {8}0 used, no limit$/m);
    expect(out).toMatch(/^2026-11-25 {2}3 jobs {2}41.5 s compute$/m);
    const [both] = await json("usage", "--days", "1");
    expect(both).toMatchObject({ days: [{ day: "2026-11-25", jobs: 3, computeMs: 41500 }] });
  });
});
