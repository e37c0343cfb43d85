import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { assessPassword } from "../shared/core/identity/password-policy.ts";
import { serve } from "../workers/api/fakes/server.ts";
import { loadCredentials, loadSecrets, newPassword } from "./state.ts";

let undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(undo.map((each) => each()));
  undo = [];
});

/** A deployment that remembers whom it has founded. */
async function deployment(accounts = new Map<string, string>()) {
  const dataDir = await mkdtemp(join(tmpdir(), "aima-state-"));
  const keys = new Set<string>();
  const asked: string[] = [];
  const answer = (status: number, body: object): Response => Response.json(body, { status });
  const { baseUrl, close } = await serve(async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (pathname === "/v1/assets") {
      const key = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
      return keys.has(key) ? answer(503, {}) : answer(401, {});
    }
    if (pathname === "/v1/auth/logout") return new Response(null, { status: 204 });
    const body = (await request.json()) as Record<string, string>;
    const { email = "", login = "", password = "" } = body;
    if (pathname === "/v1/auth/login") {
      return accounts.get(login) === password ? answer(200, { accessToken: "token" }) : answer(401, {});
    }
    const known = accounts.get(email);
    if (known !== undefined && known !== password) return answer(409, { code: "email_taken" });
    accounts.set(email, password);
    keys.add(`key-${keys.size}`);
    return answer(201, { tenant: body["tenant"], apiKey: `key-${keys.size - 1}` });
  });
  undo.push(close, () => rm(dataDir, { recursive: true }));
  return {
    accounts,
    asked,
    keys,
    load: async () => loadCredentials(dataDir, baseUrl, await loadSecrets(dataDir)),
    dataDir,
  };
}

it("the e-mail and password of the credentials are those of an account", async () => {
  const { accounts, load, dataDir } = await deployment();
  const made = await load();
  expect(accounts.get("owner@aima.localhost")).toBe(made.password);
  expect(made).toMatchObject({ tenant: "ten_local", email: "owner@aima.localhost", apiKey: "key-0" });
  expect((await stat(join(dataDir, "credentials.json"))).mode & 0o777).toBe(0o600);
});

it("a later start founds nothing, and leaves no session", async () => {
  const { load, asked } = await deployment();
  const first = await load();
  asked.length = 0;
  expect(await load()).toEqual(first);
  expect(asked).toEqual(["/v1/assets", "/v1/auth/login", "/v1/auth/logout"]);
});

it("credentials of a release without accounts get one, with a password that is accepted", async () => {
  const { accounts, load, dataDir, keys } = await deployment();
  keys.add("key-0");
  const path = join(dataDir, "credentials.json");
  const old = { tenant: "ten_local", email: "owner@aima.localhost", password: "abcdefgh", apiKey: "key-0" };
  await writeFile(path, JSON.stringify({ baseUrl: "http://127.0.0.1:1", ...old }));
  const made = await load();
  expect(made.password).not.toBe("abcdefgh");
  expect(accounts.get(made.email)).toBe(made.password);
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual(made);
});

it("when the credentials are lost and the data are not, the owner comes back under another address", async () => {
  const { accounts, load } = await deployment(new Map([["owner@aima.localhost", "another"]]));
  const made = await load();
  expect(made.email).toMatch(/^owner-[0-9a-f]{8}@aima\.localhost$/);
  expect(accounts.get(made.email)).toBe(made.password);
});

it("1,000 new passwords are accepted, and no two are the same", () => {
  const made = Array.from({ length: 1_000 }, newPassword);
  const names = ["owner@aima.localhost"];
  expect(made.flatMap((each) => assessPassword(each, { names, previous: null }).problems)).toEqual([]);
  expect(new Set(made).size).toBe(1_000);
});
