import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { analyse } from "../../../workers/api/fakes/analysis.ts";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld } from "../../../workers/api/fakes/world.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const world = makeWorld();
let folder: string;
let baseUrl: string;
let close: () => Promise<void>;

beforeAll(async () => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  folder = await mkdtemp(join(tmpdir(), "aima-cli-"));
  await mkdir(join(folder, "media/deep"), { recursive: true });
  for (const name of ["one.png", "two.png", "deep/three.png"]) await writeFile(join(folder, "media", name), name);
  ({ baseUrl, close } = await serve(async (request) => {
    if (request.headers.get("authorization") === "Bearer key-of-the-hasty") {
      return Response.json(
        { code: "rate_limited", detail: "Slow down." },
        { status: 429, headers: { "retry-after": "0" } },
      );
    }
    const answer = await world.app.fetch(request);
    // The analysis ends as soon as somebody waits for it.
    const [, id] = /\/(ast_\w+)\/events/.exec(request.url) ?? [];
    if (id !== undefined) await analyse(world.at("ten_one1", id));
    return answer;
  }));
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true });
});

type Ended = { code: number | null; stdout: string; stderr: string };

function aima(
  args: readonly string[],
  env: Record<string, string> = { AIMA_URL: baseUrl, AIMA_API_KEY: KEY },
): Promise<Ended> {
  // SAFETY: the variables that the type asks for belong to the Workers.
  const all = { PATH: process.env["PATH"] ?? "", ...env } as unknown as NodeJS.ProcessEnv;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: all });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("aima", () => {
  it("uploads a folder with all below it and prints one JSON line per asset", async () => {
    const { code, stdout, stderr } = await aima(["upload", "media", "--tag", "a", "--tag", "b", "--json"]);
    expect(code).toBe(0);
    const assets = lines(stdout);
    expect(assets.map(({ name }) => String(name)).sort()).toEqual(["one.png", "three.png", "two.png"]);
    expect(assets[0]).toMatchObject({ status: "inspecting", tags: ["a", "b"] });
    expect(stderr).toContain("uploading media/deep/three.png (14 B)");
  });

  it("waits for the analysis and prints what was found", async () => {
    const { code, stdout } = await aima(["upload", "media/one.png", "--watch"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ast_\w+ {2}analysed {5}image .*one\.png\n {4}colours \(colours\) 90 %: mostly teal\n/);
    expect(stdout).not.toContain("\u001B");
  });

  it("refuses to upload anything when a file is missing", async () => {
    const before = world.assets.size;
    const { code, stderr } = await aima(["upload", "media/one.png", "nowhere.png"]);
    expect([code, stderr]).toEqual([
      1,
      "error: There is no file nowhere.png.\n  fix: Check the path; nothing was uploaded.\n",
    ]);
    expect(world.assets.size).toBe(before);
  });

  it("reads, downloads, searches and deletes", async () => {
    const [asset] = lines((await aima(["upload", "media/two.png", "--json"])).stdout);
    const id = String(asset?.["id"]);
    expect(lines((await aima(["assets", "get", id, "--json"])).stdout)[0]).toMatchObject({ id, name: "two.png" });
    expect((await aima(["assets", "download", id, "-o", "-"])).stdout).toBe("two.png");
    expect((await aima(["assets", "download", id])).code).toBe(0);
    expect(await readFile(join(folder, "two.png"), "utf8")).toBe("two.png");
    expect((await aima(["assets", "download", id])).code).toBe(1);
    const events = lines((await aima(["assets", "events", id, "--json"])).stdout);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["AssetCreated", "AnalysisFinished"]));
    expect(lines((await aima(["assets", "insights", id, "--json"])).stdout)[0]).toMatchObject({ kind: "colours" });
    expect(lines((await aima(["search", "two", "words", "--json"])).stdout)[0]).toMatchObject({
      query: "two words",
      hits: [],
    });
    expect((await aima(["assets", "list"])).code).toBe(0);
    expect((await aima(["assets", "delete", id])).stdout).toBe(`${id} deleted\n`);
    expect((await aima(["assets", "get", id])).code).toBe(4);
  });

  it("restores, analyses again, looks back and purges", async () => {
    const [asset] = lines((await aima(["upload", "media/two.png", "--watch", "--json"])).stdout);
    const id = String(asset?.["id"]);
    const get = async (...more: string[]) => lines((await aima(["assets", "get", id, "--json", ...more])).stdout)[0];
    expect(await get("--as-of", "1")).toMatchObject({ seq: 1, status: "uploading" });
    expect((await aima(["assets", "get", id, "--as-of", "x"])).code).toBe(2);
    await aima(["assets", "delete", id]);
    expect((await aima(["assets", "saga", id])).stdout).toContain(`${id} deleted, can be restored until `);
    expect((await aima(["assets", "restore", id])).stdout).toContain("analysed");
    const rerun = lines((await aima(["assets", "rerun", id, "--from-step", "ocr", "--json"])).stdout)[0];
    expect(rerun).toMatchObject({ id, status: "analysing" });
    expect((await aima(["assets", "saga", id, "--action", "retry"])).code).toBe(1);
    expect((await aima(["assets", "delete", id, "--purge", "--yes"])).stdout).toBe(
      `${id} deleted, and nothing of it is kept\n`,
    );
    expect((await aima(["assets", "saga", id])).stdout).toContain("  purge: running\n  step cancel-jobs: pending\n");
    expect((await aima(["assets", "restore", id])).stderr).toContain("restored");
  });

  it("ends with the code that says why", async () => {
    const codes = await Promise.all([
      aima(["search", "a"], { AIMA_URL: baseUrl }),
      aima(["search", "a"], { AIMA_URL: baseUrl, AIMA_API_KEY: "wrong" }),
      aima(["search", "a"], { AIMA_URL: baseUrl, AIMA_API_KEY: "key-of-the-hasty" }),
      aima(["search"]),
      aima(["upload", "media", "--concurrency", "0"]),
      aima(["--help"]),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([3, 3, 5, 2, 2, 0]);
    expect(codes[0]?.stderr).toContain("fix: Set AIMA_API_KEY");
  });

  it("reads its credentials from the folder, and flags win over them", async () => {
    await mkdir(join(folder, ".aima"), { recursive: true });
    await writeFile(
      join(folder, ".aima/credentials.json"),
      JSON.stringify({ baseUrl, apiKey: KEY, tenant: "ten_one1" }),
    );
    expect((await aima(["search", "a"], {})).code).toBe(0);
    expect((await aima(["--api-key", "wrong", "search", "a"], {})).code).toBe(3);
    await rm(join(folder, ".aima"), { recursive: true });
  });
});
