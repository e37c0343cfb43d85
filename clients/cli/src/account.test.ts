/** What somebody types at the terminal: their own account, and words before what cannot be undone. */
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { TOTP } from "../../../workers/api/fakes/accounts.ts";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld, type World } from "../../../workers/api/fakes/world.ts";
import { run } from "./program.ts";
import type { Terminal } from "./prompt.ts";
import { INTERRUPT, typist } from "./testing/terminal.ts";

const PASSWORD = "ada-password";
const NEXT = "ada-next-password";
const HERE = process.cwd();

let world: World;
let ada: string;
let folder: string;
let baseUrl: string;
let close: () => Promise<void>;
let instead: ((request: Request) => Promise<Response | null>) | null;
let [said, noted] = ["", ""];

beforeAll(async () => {
  ({ baseUrl, close } = await serve(async (request) => (await instead?.(request)) ?? world.app.fetch(request)));
});
afterAll(() => close());
beforeEach(async () => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    noted += String(text);
    return true;
  });
  instead = null;
  world = makeWorld();
  ada = await world.found("ada", "admin");
  folder = await mkdtemp(join(tmpdir(), "aima-account-"));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(HERE);
  await rm(folder, { recursive: true });
});

type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** Nobody is at it; `text` is piped in. */
function piped(text: string): Terminal {
  const input = new PassThrough();
  input.end(text);
  return { input, output: new PassThrough(), interactive: false };
}

async function aima(terminal: Terminal, ...args: readonly string[]): Promise<Ended> {
  [said, noted] = ["", ""];
  const code = await run(["node", "aima", "--url", baseUrl, ...args], terminal);
  return { code, out: said, err: noted };
}
const logIn = (): Promise<Ended> =>
  aima(piped(`${PASSWORD}\n`), "login", "--tenant", "ten_one1", "--login", "ada", "--password-stdin");
const opens = async (password: string, more: object = {}): Promise<boolean> => {
  const body = { tenant: "ten_one1", login: "ada", password, ...more };
  return (await world.post("/v1/auth/login", body)).ok;
};
const isKept = (): Promise<boolean> =>
  access(".aima/session.json").then(
    () => true,
    () => false,
  );

describe("aima login at a terminal", () => {
  it("asks for what is not given, and shows no password", async () => {
    const terminal = typist("ten_one1", "ada", PASSWORD);
    const { code, out } = await aima(terminal, "login");
    expect([code, out.startsWith(`${ada}  admin of ten_one1, until `)]).toEqual([0, true]);
    for (const shown of ["Tenant: ", "ten_one1", "E-mail address or user name: ", "ada", "Password: "]) {
      expect(terminal.shown()).toContain(shown);
    }
    expect(terminal.shown()).not.toContain(PASSWORD);
    expect((await aima(piped(""), "whoami")).out).toContain(ada);
  });

  it("asks for the code of a second factor when one is needed, once", async () => {
    await logIn();
    await aima(typist(PASSWORD, TOTP), "totp", "enrol");
    const ada2 = typist(PASSWORD, TOTP);
    expect((await aima(ada2, "login", "--tenant", "ten_one1", "--login", "ada")).code).toBe(0);
    expect(ada2.shown()).toContain("Code of your authenticator: ");
    const wrong = await aima(typist(PASSWORD, "000000"), "login", "--tenant", "ten_one1", "--login", "ada");
    expect([wrong.code, wrong.err.includes("invalid_credentials")]).toEqual([3, true]);
  });

  it("asks for another password when the one is too old, and logs in with it", async () => {
    const set: unknown[] = [];
    instead = async (request) => {
      if (request.url.endsWith("/reset-password")) {
        set.push(await request.json());
        return new Response(null, { status: 204 });
      }
      if (!request.url.endsWith("/login") || set.length > 0) return null;
      const problem = {
        code: "password_expired",
        detail: "Too old.",
        fix: "Set another.",
        changeToken: "aimt_expired_x",
      };
      return Response.json(problem, { status: 403 });
    };
    const given = ["login", "--tenant", "ten_one1", "--login", "ada"];
    const nobody = await aima(piped(PASSWORD), ...given, "--password-stdin");
    expect([nobody.code, nobody.err.includes("password_expired"), nobody.err.includes("aimt_")]).toEqual([
      3,
      true,
      false,
    ]);
    const { code, err } = await aima(typist("too-old", PASSWORD, PASSWORD), ...given);
    expect([code, err.includes("choose another one")]).toEqual([0, true]);
    expect(set).toEqual([{ token: "aimt_expired_x", password: PASSWORD }]);
  });

  it("is given up by Ctrl-C, and keeps nothing", async () => {
    const { code, err } = await aima(typist("ten_one1", INTERRUPT), "login");
    expect([code, err]).toEqual([1, "error: The question was left unanswered.\n  fix: Run the command again.\n"]);
    expect(await isKept()).toBe(false);
  });

  it("asks nothing with --no-input", async () => {
    const terminal = typist("ten_one1", "ada", PASSWORD);
    const { code, err } = await aima(terminal, "--no-input", "login", "--tenant", "ten_one1");
    expect([code, terminal.shown()]).toEqual([2, ""]);
    expect(err).toBe("error: There is no terminal to ask for E-mail address or user name.\n  fix: Pass --login.\n");
  });
});

describe("aima password", () => {
  it("changes the password after asking for it and twice for the new one; other sessions end", async () => {
    await logIn();
    expect(await opens(PASSWORD)).toBe(true);
    const terminal = typist(PASSWORD, NEXT, NEXT);
    const { code, out } = await aima(terminal, "password");
    expect([code, out]).toEqual([0, "The password has changed; all your other sessions have ended.\n"]);
    expect(terminal.shown()).toBe("Current password: \nNew password: \nNew password again: \n");
    expect([await opens(PASSWORD), await opens(NEXT)]).toEqual([false, true]);
    expect((await aima(piped(""), "whoami")).code).toBe(0);
  });

  it("changes nothing when the two differ, the current one is wrong, or the new one is not accepted", async () => {
    await logIn();
    const differ = await aima(typist(PASSWORD, NEXT, "another"), "password", "change");
    expect([differ.code, differ.err]).toEqual([2, "error: The two are not the same.\n  fix: Run the command again.\n"]);
    const wrong = await aima(piped(`wrong\n${NEXT}\n`), "password", "--password-stdin");
    expect([wrong.code, wrong.err.includes("invalid_credentials")]).toEqual([3, true]);
    const weak = await aima(piped(`${PASSWORD}\nweak\n`), "password", "--password-stdin");
    expect([weak.code, weak.err.includes("weak_password")]).toEqual([1, true]);
    expect((await aima(piped(PASSWORD), "password", "--password-stdin")).code).toBe(2);
    expect((await aima(piped(""), "password")).err).toContain("fix: Pass --password-stdin, with the current password");
    expect(await opens(PASSWORD)).toBe(true);
  });

  it("takes piped passwords, a line each, and no flag", async () => {
    await logIn();
    expect((await aima(piped(`${PASSWORD}\r\n${NEXT}\r\n`), "password", "--password-stdin", "--json")).out).toBe(
      '{"changed":true}\n',
    );
    expect(await opens(NEXT)).toBe(true);
    expect((await aima(piped(""), "password", "--new", NEXT)).code).toBe(2);
  });

  it("that is forgotten is set by a mailed token, typed unseen", async () => {
    const asked = await aima(piped(""), "password", "forgot", "--tenant", "ten_one1", "--email", "ada@example.com");
    expect([asked.code, asked.out.includes("`aima redeem`")]).toEqual([0, true]);
    const [token = ""] = world.accountOf("ten_one1", ada).mailed.slice(-1);
    const terminal = typist(token, NEXT, NEXT);
    expect((await aima(terminal, "redeem")).out).toBe("The password counts: `aima login`.\n");
    for (const secret of [token, NEXT]) expect(terminal.shown()).not.toContain(secret);
    expect(await opens(NEXT)).toBe(true);
    const again = await aima(piped(`${token}\n${PASSWORD}\n`), "redeem", "--stdin");
    expect([again.code, again.err.includes("invalid_token"), again.err.includes(token)]).toEqual([3, true, false]);
  });
});

describe("aima redeem", () => {
  it("accepts an invitation that `users invite` has mailed", async () => {
    const invited = await aima(piped(""), "--api-key", KEY, "users", "invite", "grace@example.com", "--json");
    const { id } = JSON.parse(invited.out) as { id: string };
    const [token = ""] = world.accountOf("ten_one1", id).mailed;
    expect((await aima(piped(`${token}\n${NEXT}\n`), "redeem", "--stdin", "--json")).out).toBe(
      '{"redeemed":"invite"}\n',
    );
    const login = ["login", "--tenant", "ten_one1", "--login", "grace@example.com", "--password-stdin"];
    expect((await aima(piped(NEXT), ...login)).out).toContain(id);
  });

  it("refuses what is no token, without repeating it", async () => {
    const ended = await aima(piped("hunter2\n"), "redeem", "--stdin");
    expect([ended.code, ended.err.includes("aimt_"), ended.err.includes("hunter2")]).toEqual([2, true, false]);
  });
});

describe("aima totp", () => {
  it("enrols, confirms with a code and shows recovery codes, each good once", async () => {
    await logIn();
    const { code, out, err } = await aima(typist(PASSWORD, TOTP), "totp", "enrol");
    const [uri = "", ...codes] = out.trim().split("\n");
    expect([code, uri.startsWith("otpauth://totp/"), codes.length > 0]).toEqual([0, true, true]);
    expect(err).toContain("they are shown this once");
    const [recoveryCode = ""] = codes;
    expect(await opens(PASSWORD)).toBe(false);
    expect([await opens(PASSWORD, { recoveryCode }), await opens(PASSWORD, { recoveryCode })]).toEqual([true, false]);
    const renewed = await aima(piped(PASSWORD), "totp", "recovery-codes", "--password-stdin", "--json");
    expect(JSON.parse(renewed.out)).toMatchObject({ recoveryCodes: expect.any(Array) as unknown });
  });

  it("enrols in two steps without a terminal", async () => {
    await logIn();
    const enrolled = await aima(piped(PASSWORD), "totp", "enrol", "--password-stdin", "--json");
    expect(JSON.parse(enrolled.out)).toMatchObject({ secret: "JBSWY3DPEHPK3PXP" });
    expect(enrolled.err).toContain("`aima totp confirm CODE`");
    expect((await aima(piped(""), "totp", "confirm", "000000")).code).toBe(3);
    expect((await aima(piped(""), "totp", "confirm", TOTP, "--json")).out).toContain('{"recoveryCodes":[');
    expect((await aima(piped(""), "whoami")).out).toContain("second factor on");
  });

  it("is taken away after a word and the password", async () => {
    await logIn();
    await aima(typist(PASSWORD, TOTP), "totp", "enrol");
    const no = await aima(typist("n"), "totp", "disable");
    expect([no.code, no.err]).toEqual([1, "error: Nothing was done.\n  fix: Answer y, or pass --yes.\n"]);
    expect((await aima(piped(PASSWORD), "totp", "disable", "--password-stdin")).code).toBe(2);
    expect(await opens(PASSWORD)).toBe(false);
    expect((await aima(typist("y", PASSWORD), "totp", "disable")).out).toBe("The password alone logs in now.\n");
    expect(await opens(PASSWORD)).toBe(true);
  });
});

describe("aima sessions", () => {
  it("lists them with a mark at this one, and ends one; ending this one forgets it", async () => {
    await logIn();
    await opens(PASSWORD);
    const { out } = await aima(piped(""), "sessions", "list");
    const [other = "", mine = ""] = out.trimEnd().split("\n");
    expect([other.slice(0, 6), mine.slice(0, 6)]).toEqual(["  ses_", "* ses_"]);
    const idOf = (line: string): string => line.slice(2).split("  ")[0] ?? "";
    expect((await aima(piped(""), "sessions", "revoke", idOf(other))).out).toBe(`${idOf(other)} has ended\n`);
    const listed = await aima(piped(""), "sessions", "list", "--json");
    expect(JSON.parse(listed.out)).toMatchObject({ id: idOf(mine), current: true });
    expect((await aima(piped(""), "sessions", "revoke", idOf(other))).code).toBe(4);
    expect(await isKept()).toBe(true);
    await aima(piped(""), "sessions", "revoke", idOf(mine));
    expect([await isKept(), (await aima(piped(""), "sessions", "list")).code]).toEqual([false, 3]);
  });
});

describe("what cannot be undone", () => {
  it.each([
    ["users remove", async () => ["users", "remove", await world.found("bob")], "removed"],
    [
      "keys delete",
      async () => {
        const made = await aima(piped(""), "--api-key", KEY, "keys", "create", "A", "--permission", "*", "--json");
        return ["keys", "delete", (JSON.parse(made.out) as { id: string }).id];
      },
      "deleted",
    ],
    [
      "assets delete --purge",
      async () => ["assets", "delete", await world.create(), "--purge"],
      "nothing of it is kept",
    ],
  ])("takes a word, or --yes: %s", async (_, command, told) => {
    const args = ["--api-key", KEY, ...(await command())];
    const refused = await aima(piped(""), ...args);
    expect([refused.code, refused.err.includes("fix: Pass --yes.")]).toEqual([2, true]);
    expect((await aima(typist("no"), ...args)).code).toBe(1);
    expect((await aima(typist(""), ...args)).code).toBe(1);
    const done = await aima(typist("yes"), ...args);
    expect([done.code, done.out.includes(told)]).toEqual([0, true]);
    const another = await aima(piped(""), "--api-key", KEY, ...(await command()), "--yes");
    expect([another.code, another.out.includes(told)]).toEqual([0, true]);
  });
});

describe("where and who", () => {
  it("is said by flags before the environment, and by that before the session", async () => {
    await logIn();
    const [url, key] = [process.env["AIMA_URL"], process.env["AIMA_API_KEY"]];
    const at = async (...args: string[]): Promise<number> => run(["node", "aima", ...args], piped(""));
    try {
      process.env["AIMA_URL"] = "http://127.0.0.1:9";
      expect([await at("--url", baseUrl, "whoami"), await at("sessions", "list")]).toEqual([0, 3]);
      process.env["AIMA_URL"] = baseUrl;
      process.env["AIMA_API_KEY"] = "wrong";
      expect([await at("usage"), await at("--api-key", KEY, "usage"), await at("sessions", "list")]).toEqual([3, 0, 0]);
    } finally {
      for (const [name, value] of [
        ["AIMA_URL", url],
        ["AIMA_API_KEY", key],
      ] as const) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    }
    expect(await readFile(".aima/session.json", "utf8")).toContain('"refreshToken"');
  });
});
