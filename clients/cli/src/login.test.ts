import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { TOTP } from "../../../workers/api/fakes/accounts.ts";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld, type World } from "../../../workers/api/fakes/world.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const PASSWORD = "ada-password";
const LOGIN = ["login", "--tenant", "ten_one1", "--login", "ada", "--password-stdin"];

let world: World;
let ada: string;
let folder: string;
let baseUrl: string;
let close: () => Promise<void>;
let over: Set<string>;
let refreshes: number;

beforeAll(async () => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  ({ baseUrl, close } = await serve(async (request) => {
    if (request.url.endsWith("/v1/auth/refresh")) refreshes += 1;
    const token = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
    return over.has(token) ? Response.json({ code: "unauthorized" }, { status: 401 }) : world.app.fetch(request);
  }));
});
afterAll(() => close());
beforeEach(async () => {
  world = makeWorld();
  ada = await world.found("ada", "admin");
  [over, refreshes] = [new Set(), 0];
  folder = await mkdtemp(join(tmpdir(), "aima-login-"));
});
afterEach(() => rm(folder, { recursive: true }));

type Ended = { code: number | null; stdout: string; stderr: string };

function aima(args: readonly string[], stdin = "", more: Record<string, string> = {}): Promise<Ended> {
  // SAFETY: the variables that the type asks for belong to the Workers.
  const env = { PATH: process.env["PATH"] ?? "", AIMA_URL: baseUrl, ...more } as unknown as NodeJS.ProcessEnv;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  child.stdin.end(stdin);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

const FILE = ".aima/session.json";
const filed = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(folder, FILE), "utf8")) as Record<string, unknown>;
const change = async (members: object): Promise<void> =>
  writeFile(join(folder, FILE), JSON.stringify({ ...(await filed()), ...members }));
const modeOf = async (path: string): Promise<number> => (await stat(join(folder, path))).mode & 0o777;
const logIn = (...more: string[]): Promise<Ended> => aima([...LOGIN, ...more], `${PASSWORD}\n`);

/** Nothing that opens anything, in anything that is printed. */
async function expectNoSecret({ stdout, stderr }: Ended, ...secrets: string[]): Promise<void> {
  const tokens = await filed().catch((): Record<string, unknown> => ({}));
  for (const secret of [PASSWORD, tokens["accessToken"], tokens["refreshToken"], ...secrets]) {
    if (secret !== undefined) expect(stdout + stderr).not.toContain(secret);
  }
}

describe("aima login", () => {
  it("keeps the session for its owner alone, prints no token, and commands use it", async () => {
    const ended = await logIn();
    expect([ended.code, ended.stdout]).toEqual([0, `${ada}  admin of ten_one1, until 2026-01-02T11:04:05.000Z\n`]);
    await expectNoSecret(ended);
    expect([await modeOf(FILE), await modeOf(".aima")]).toEqual([0o600, 0o700]);
    expect(await readdir(join(folder, ".aima"))).toEqual(["session.json"]);
    expect(JSON.stringify(await filed())).not.toContain(PASSWORD);
    const who = await aima(["whoami", "--json"]);
    expect(JSON.parse(who.stdout)).toMatchObject({ id: ada, role: "admin", status: "active" });
    await expectNoSecret(who);
  });

  it("prints JSON without tokens, and takes the tenant of the local system", async () => {
    await mkdir(join(folder, ".aima"));
    await writeFile(join(folder, ".aima/credentials.json"), JSON.stringify({ baseUrl, tenant: "ten_one1" }));
    const ended = await aima(["login", "--login", "ada", "--password-stdin", "--json"], PASSWORD, { AIMA_URL: "" });
    expect(Object.keys(JSON.parse(ended.stdout) as object)).toEqual([
      "baseUrl",
      "tenant",
      "userId",
      "role",
      "sessionId",
      "sessionExpiresAt",
    ]);
    await expectNoSecret(ended);
  });

  it("refuses a wrong password without repeating it, and keeps nothing", async () => {
    const ended = await aima(LOGIN, "hunter2-not-it");
    expect([ended.code, ended.stdout]).toEqual([3, ""]);
    expect(ended.stderr).toContain("invalid_credentials");
    await expectNoSecret(ended, "hunter2-not-it");
    expect(await readdir(folder)).toEqual([]);
  });

  it("asks nobody where there is no terminal, and takes no password as a flag", async () => {
    const unasked = await aima(["login", "--tenant", "ten_one1", "--login", "ada"]);
    expect([unasked.code, unasked.stderr]).toEqual([
      2,
      "error: There is no terminal to ask for Password.\n  fix: Pass --password-stdin.\n",
    ]);
    expect((await aima(["login", "--password", PASSWORD])).code).toBe(2);
    expect((await aima(LOGIN, "\n")).stderr).toContain("There is no password.");
  });

  it("sends the code of a second factor", async () => {
    const account = world.accountOf("ten_one1", ada);
    await account.enrolTotp({ password: PASSWORD, sessionId: "" });
    await account.confirmTotp(TOTP);
    const without = await logIn();
    expect([without.code, without.stderr.includes("totp_required")]).toEqual([3, true]);
    expect((await logIn("--totp", TOTP)).code).toBe(0);
  });
});

describe("a session of the command line", () => {
  it("renews itself before its access token ends, and keeps the file for its owner alone", async () => {
    await logIn();
    const before = await filed();
    await change({ accessTokenEndsAtMs: Date.now() + 10_000 });
    const ended = await aima(["whoami"]);
    expect([ended.code, refreshes]).toEqual([0, 1]);
    const after = await filed();
    expect(after["refreshToken"]).not.toBe(before["refreshToken"]);
    expect(Number(after["accessTokenEndsAtMs"]) - Date.now()).toBeGreaterThan(1_700_000);
    expect(await modeOf(FILE)).toBe(0o600);
    await expectNoSecret(ended, String(before["refreshToken"]));
  });

  it("renews itself once when the API refuses its token", async () => {
    await logIn();
    over.add(String((await filed())["accessToken"]));
    expect([(await aima(["users", "list"])).code, refreshes]).toEqual([0, 1]);
    expect([(await aima(["users", "list"])).code, refreshes]).toEqual([0, 1]);
  });

  it("is for its own deployment: another one is sent no token", async () => {
    await logIn();
    const heard: (string | null)[] = [];
    const other = await serve((request) => {
      heard.push(request.headers.get("authorization"));
      return Response.json({}, { status: 401 });
    });
    try {
      const ended = await aima(["--url", other.baseUrl, "whoami"]);
      expect([ended.code, heard]).toEqual([3, []]);
      expect((await aima(["--url", `${baseUrl}/`, "whoami"])).code).toBe(0);
    } finally {
      await other.close();
    }
  });

  it("gives way to an API key that is named", async () => {
    await logIn();
    const ended = await aima(["whoami"], "", { AIMA_API_KEY: KEY });
    expect([ended.code, ended.stderr.includes("account:self")]).toEqual([3, true]);
  });

  it("says so when its file is no session", async () => {
    await logIn();
    await writeFile(join(folder, FILE), '{"refreshToken":"canary-in-a-broken-file"}');
    const ended = await aima(["whoami"]);
    expect([ended.code, ended.stderr]).toEqual([
      2,
      `error: ${FILE} is not a session.\n  fix: Delete the file, then \`aima login\`.\n`,
    ]);
  });
});

describe("aima logout", () => {
  it("ends the session at the API and here, an API key or not", async () => {
    await logIn();
    const { accessToken } = await filed();
    expect((await aima(["logout"], "", { AIMA_API_KEY: KEY })).stdout).toBe("The session has ended.\n");
    expect(await readdir(join(folder, ".aima"))).toEqual([]);
    expect((await world.call("/v1/auth/me", { key: String(accessToken) })).status).toBe(401);
    expect((await aima(["whoami"])).code).toBe(3);
    expect((await aima(["logout"])).stderr).toContain("Nobody has logged in here.");
  });

  it("ends all sessions of the user", async () => {
    const credentials = { tenant: "ten_one1", login: "ada", password: PASSWORD };
    const answer = await world.post("/v1/auth/login", credentials);
    const { accessToken } = (await answer.json()) as { accessToken: string };
    await logIn();
    expect((await aima(["logout", "--all", "--json"])).stdout).toBe('{"loggedOut":true,"all":true,"wasOver":false}\n');
    expect((await world.call("/v1/auth/me", { key: accessToken })).status).toBe(401);
  });

  it("forgets a session that was over already, and keeps one that the API could not be told of", async () => {
    await logIn();
    const unreachable = { ...(await filed()), baseUrl: "http://127.0.0.1:9" };
    await world.accountOf("ten_one1", ada).logOutAll(null);
    expect((await aima(["logout"])).stdout).toBe("The session was over already.\n");
    await writeFile(join(folder, FILE), JSON.stringify(unreachable));
    expect((await aima(["logout"], "", { AIMA_URL: "" })).code).toBe(1);
    expect(await readdir(join(folder, ".aima"))).toEqual(["session.json"]);
  });
});
