/** The command line in processes of its own, against the real Worker on workerd: what fakes of accounts cannot show. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRETS } from "../support/secrets.ts";
import { type RealWorkers, startRealWorkers } from "../gateway/real-workers.ts";

const MAIN = join(import.meta.dirname, "../../clients/cli/src/main.ts");
const OWNER = { tenant: "ten_cli1", name: "CLI", email: "ada@cli.example", password: "Quiet-Harbour-41" };
const NEXT = "Quiet-Lantern-42";

let workers: RealWorkers;
let folder: string;

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

/** Of its own folder, so that several share a session as those of one user do. */
function aima(
  args: readonly string[],
  stdin = "",
  env: Readonly<Record<string, string>> = {},
  cwd = folder,
): Promise<Ended> {
  // SAFETY: the variables that the type asks for belong to the Workers.
  const all = { PATH: process.env["PATH"] ?? "", AIMA_URL: workers.origin, ...env } as unknown as NodeJS.ProcessEnv;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: all });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  child.stdin.end(stdin);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}

async function done(args: readonly string[], stdin = "", env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, out, err } = await aima(args, stdin, env);
  if (code !== 0) throw new Error(`aima ${args.join(" ")} ended with ${code}: ${err}`);
  return out;
}

const LOGIN = ["login", "--tenant", OWNER.tenant, "--login", OWNER.email, "--password-stdin"];
const sessionFile = (cwd = folder): string => join(cwd, ".aima/session.json");
const filed = async (cwd = folder): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(sessionFile(cwd), "utf8")) as Record<string, unknown>;

beforeAll(async () => {
  workers = await startRealWorkers();
  folder = await mkdtemp(join(tmpdir(), "aima-command-line-"));
  const answer = await fetch(`${workers.origin}/internal/bootstrap`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${SECRETS.BOOTSTRAP_SECRET}` },
    body: JSON.stringify(OWNER),
  });
  if (answer.status !== 201) throw new Error(`The bootstrap answered ${answer.status}`);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await workers.stop();
});

describe("a session that several processes share", () => {
  it("is renewed by all of them at once, and lives on", async () => {
    await done(LOGIN, OWNER.password);
    const before = await filed();
    await writeFile(sessionFile(), JSON.stringify({ ...before, accessTokenEndsAtMs: Date.now() + 1_000 }));
    const ended = await Promise.all(Array.from({ length: 6 }, () => aima(["whoami"])));
    expect(ended.map(({ code, err }) => [code, err])).toEqual(ended.map(() => [0, ""]));
    const after = await filed();
    expect(after["refreshToken"]).not.toBe(before["refreshToken"]);
    expect((await stat(sessionFile())).mode & 0o777).toBe(0o600);
    // Whichever of them wrote last: the next renewal goes on from there.
    await writeFile(sessionFile(), JSON.stringify({ ...after, accessTokenEndsAtMs: Date.now() + 1_000 }));
    expect(JSON.parse(await done(["sessions", "list", "--json"]))).toMatchObject({
      id: before["sessionId"],
      current: true,
    });
    expect((await filed())["refreshToken"]).not.toBe(after["refreshToken"]);
  });

  it("is the same for those who all begin from the token that one of them has spent", async () => {
    await done(LOGIN, OWNER.password);
    const session = JSON.stringify({ ...(await filed()), accessTokenEndsAtMs: Date.now() + 1_000 });
    const folders = ["a", "b", "c", "d"].map((name) => join(folder, name));
    for (const cwd of folders) {
      await mkdir(join(cwd, ".aima"), { recursive: true });
      await writeFile(sessionFile(cwd), session);
    }
    const ended = await Promise.all(folders.map((cwd) => aima(["whoami"], "", {}, cwd)));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const renewed = await Promise.all(folders.map(async (cwd) => (await filed(cwd))["refreshToken"]));
    expect(new Set(renewed).size).toBe(1);
    expect(session).not.toContain(String(renewed[0]));
  });
});

describe("an account", () => {
  it("gets a second factor, logs in with it and with a recovery code, and gives it up", async () => {
    await done(LOGIN, OWNER.password);
    const enrolled = await done(["totp", "enrol", "--password-stdin", "--json"], OWNER.password);
    const { secret, uri } = JSON.parse(enrolled) as { secret: string; uri: string };
    expect(uri).toContain(`secret=${secret}`);
    const code = new TOTP({ secret }).generate();
    const codes = (await done(["totp", "confirm", code])).trim().split("\n");
    expect(codes).toHaveLength(10);
    const without = await aima(LOGIN, OWNER.password);
    expect([without.code, without.err.includes("totp_required")]).toEqual([3, true]);
    const [recoveryCode = ""] = codes;
    await done([...LOGIN, "--recovery-code", recoveryCode], OWNER.password);
    expect((await aima([...LOGIN, "--recovery-code", recoveryCode], OWNER.password)).code).toBe(3);
    const renewed = await done(["totp", "recovery-codes", "--password-stdin"], OWNER.password);
    expect(
      renewed
        .trim()
        .split("\n")
        .filter((each) => codes.includes(each)),
    ).toEqual([]);
    await done(["totp", "disable", "--yes", "--password-stdin"], OWNER.password);
    await done(LOGIN, OWNER.password);
  });

  it("changes its password: the old one opens nothing, and other sessions are over at once", async () => {
    await done(LOGIN, OWNER.password);
    const other = String((await filed())["accessToken"]);
    await done(LOGIN, OWNER.password);
    const changed = await aima(["password", "--password-stdin"], `${OWNER.password}\n${NEXT}\n`);
    expect([changed.code, changed.err]).toEqual([0, ""]);
    const me = await fetch(`${workers.origin}/v1/auth/me`, { headers: { authorization: `Bearer ${other}` } });
    expect(me.status).toBe(401);
    expect((await aima(LOGIN, OWNER.password)).code).toBe(3);
    expect(JSON.parse(await done(["whoami", "--json"]))).toMatchObject({ email: OWNER.email });
  });

  it("rolls a key: the new secret opens, the old one no longer", async () => {
    await done(LOGIN, NEXT);
    const made = JSON.parse(await done(["keys", "create", "A", "--permission", "assets:read", "--json"])) as {
      id: string;
      secret: string;
    };
    const rolled = (await done(["keys", "roll", made.id])).trim();
    expect((await aima(["assets", "list"], "", { AIMA_API_KEY: rolled })).code).toBe(0);
    expect((await aima(["assets", "list"], "", { AIMA_API_KEY: made.secret })).code).toBe(3);
    await done(["keys", "delete", made.id, "--yes"]);
    expect((await aima(["assets", "list"], "", { AIMA_API_KEY: rolled })).code).toBe(3);
  });
});
