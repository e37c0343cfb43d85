import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { canonicalJson } from "../../../shared/core/canonical-json.ts";
import { analyse } from "../../../workers/api/fakes/analysis.ts";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld } from "../../../workers/api/fakes/world.ts";
import { diceOf, headOf, mutate, parseExport, WAYS } from "../../sdk/src/journal/testing/mutations.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const world = makeWorld();
let folder: string;
let baseUrl: string;
let close: () => Promise<void>;
let id: string;
/** The journal before its analysis, and after it. */
let earlier: string;
let later: string;

type Told = {
  readonly file: string;
  readonly valid: boolean;
  readonly findings: readonly { readonly kind: string; readonly line: number | null; readonly seq: number | null }[];
};
type Ended = { code: number | null; stdout: string; stderr: string };

function aima(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  // SAFETY: the variables that the type asks for belong to the Workers.
  const all = { PATH: process.env["PATH"] ?? "", ...env } as unknown as NodeJS.ProcessEnv;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: all });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

const online = (args: readonly string[]): Promise<Ended> => aima(args, { AIMA_URL: baseUrl, AIMA_API_KEY: KEY });
const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const got = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

/** A journal with nothing to tell, as a server would hash it. */
function chainOf(length: number) {
  let prevHash = "0".repeat(64);
  return Array.from({ length }, (_, i) => {
    const at = "2026-01-02T03:04:05.000Z";
    const entry = { seq: i + 1, id: `evt_${i}`, type: "Kind", version: 1, at, data: { i }, prevHash };
    prevHash = createHash("sha256").update(canonicalJson(entry)).digest("hex");
    return { ...entry, hash: prevHash };
  });
}

beforeAll(async () => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  folder = await mkdtemp(join(tmpdir(), "aima-verify-"));
  ({ baseUrl, close } = await serve((request) => world.app.fetch(request)));
  await put("one.png", "one");
  id = String((JSON.parse((await online(["upload", "one.png", "--json"])).stdout) as { id: string }).id);
  await online(["assets", "export", id, "-o", "earlier.jsonl"]);
  await analyse(world.at("ten_one1", id));
  await online(["assets", "export", id, "-o", "later.jsonl"]);
  [earlier, later] = [await got("earlier.jsonl"), await got("later.jsonl")];
});
beforeEach(async () => {
  await put("earlier.jsonl", earlier);
  await put("later.jsonl", later);
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true });
});

describe("aima assets export", () => {
  it("writes the whole journal under its own name, and never over an earlier one", async () => {
    const first = await online(["assets", "export", id]);
    const name = `${id}.journal.jsonl`;
    expect(await got(name)).toBe(later);
    const { seq, hash } = headOf(parseExport(later));
    expect(first).toMatchObject({ code: 0, stderr: `saved ${seq} entries to ${name}, head ${seq}:${hash}\n` });
    const second = await online(["assets", "export", id]);
    expect([second.code, second.stderr.split("\n")[0]]).toEqual([1, `error: ${name} exists.`]);
    expect(await got(name)).toBe(later);
    await rm(join(folder, name));
    const third = await online(["assets", "export", id, "--json"]);
    expect(JSON.parse(third.stdout)).toEqual({ assetId: id, path: name, entries: seq, head: `${seq}:${hash}` });
    expect((await online(["assets", "export", id, "-o", "-"])).stdout).toBe(later);
  });

  it("leaves nothing behind when there is no such journal", async () => {
    const codes = await Promise.all([
      online(["assets", "export", "ast_00000000000000000000000099", "-o", "none.jsonl"]),
      online(["jobs", "export", "job_00000000000000000000000099", "-o", "none-too.jsonl"]),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([4, 4]);
    expect((await readdir(folder)).filter((name) => name.startsWith("none"))).toEqual([]);
  });

  it("keeps a journal that is not valid as evidence, and says so", async () => {
    const { journal } = world.at("ten_one1", id);
    const [kept] = journal.splice(2, 1);
    const { code, stderr } = await online(["assets", "export", id, "-o", "evidence.jsonl"]);
    journal.splice(2, 0, kept!);
    expect([code, stderr]).toEqual([1, expect.stringContaining("  line 4 (entry 3): dropped: entry 3 is missing")]);
    expect((await aima(["verify", "evidence.jsonl"])).code).toBe(1);
  });
});

describe("an export from a server that", () => {
  const entries = chainOf(1200);

  /** Runs an export of `entries` from a server that answers `page` for the entries after a number. */
  async function exportFrom(seq: number, page: (after: number) => Response, args: readonly string[]): Promise<Ended> {
    const server = await serve(async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      return pathname.endsWith("/events") ? page(Number(searchParams.get("after"))) : Response.json({ seq });
    });
    const ended = await aima(args, { AIMA_URL: server.baseUrl, AIMA_API_KEY: KEY });
    await server.close();
    return ended;
  }
  const pageOf = (after: number, end = entries.length): Response =>
    Response.json({ events: entries.slice(after, Math.min(end, after + 500)), after });

  it("has more than a page gives them all, of a job too", async () => {
    await put("job.jsonl.partial", "left by one that was killed");
    const { code, stderr } = await exportFrom(1200, pageOf, ["jobs", "export", "job_1", "-o", "job.jsonl"]);
    const head = `1200:${String(entries.at(-1)?.hash)}`;
    expect([code, stderr.split("\n")]).toEqual([
      0,
      ["job_1: 500 entries", "job_1: 1000 entries", `saved 1200 entries to job.jsonl, head ${head}`, ""],
    ]);
    expect((await aima(["verify", "job.jsonl", "--head", head])).stdout).toContain(
      "job.jsonl: valid, 1200 entries of job_1",
    );
    expect((await readdir(folder)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("fails half way leaves no half a file", async () => {
    const broken = (after: number): Response =>
      after === 0 ? pageOf(0) : Response.json({ code: "internal", detail: "Broken." }, { status: 500 });
    const { code, stderr } = await exportFrom(1200, broken, ["assets", "export", "ast_1", "-o", "half.jsonl"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("error: Broken. (internal)")]);
    expect((await readdir(folder)).filter((name) => name.startsWith("half"))).toEqual([]);
  });

  it("hides the newest entries is found out", async () => {
    const hiding = (after: number): Response => pageOf(after, 1100);
    const { code, stderr } = await exportFrom(1200, hiding, ["assets", "export", "ast_1", "-o", "hidden.jsonl"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("error: The server gave 1100 of 1200 entries.")]);
  });
});

describe("aima verify", () => {
  it("works without a server and says what it cannot exclude", async () => {
    const { code, stdout } = await aima(["verify", "later.jsonl"]);
    const { seq, hash } = headOf(parseExport(later));
    expect([code, stdout.split("\n")]).toEqual([
      0,
      [
        `later.jsonl: valid, ${seq} entries of ${id}`,
        `  head ${seq}:${hash}`,
        "  not excluded: that all of it was rewritten; --head or --against an earlier export shows that",
        "",
      ],
    ]);
    await put("plain.jsonl", (await online(["assets", "events", id, "--json"])).stdout);
    const plain = await aima(["verify", "plain.jsonl"]);
    expect([plain.code, plain.stdout]).toEqual([
      0,
      expect.stringContaining("missing at the end, as it has no trailer"),
    ]);
  });

  it("accepts what continues an earlier export or has its head", async () => {
    const { seq, hash } = headOf(parseExport(earlier));
    const all = await Promise.all([
      aima(["verify", "later.jsonl", "--against", "earlier.jsonl"]),
      aima(["verify", "later.jsonl", "earlier.jsonl"]),
      aima(["verify", "later.jsonl", "--head", `${seq}:${hash}`]),
    ]);
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(all.map(({ stdout }) => stdout.includes("rewritten"))).toEqual([false, true, false]);
  });

  it("names every way of falsification with its line", async () => {
    const mutations = Array.from({ length: WAYS }, (_, way) => mutate(later, way, diceOf(way)));
    const files = mutations.map(({ name }) => `${name}.jsonl`);
    for (const { name, text } of mutations) await put(`${name}.jsonl`, text);
    const { code, stdout } = await aima(["verify", ...files, "--against", "later.jsonl", "--json"]);
    const [base, ...reports] = stdout
      .trim()
      .split("\n")
      .map((one) => JSON.parse(one) as Told);
    expect([code, base?.valid, reports.map(({ file }) => file)]).toEqual([1, true, files]);
    for (const [index, { kind, line, rewrittenFrom, name }] of mutations.entries()) {
      const { valid, findings } = reports[index]!;
      expect(valid, name).toBe(false);
      const kinds = findings.filter((one) => line === undefined || one.line === line).map((one) => one.kind);
      // Beside the whole export, what was written anew shows at its first entry.
      if (rewrittenFrom === undefined) expect(kinds, name).toContain(kind);
      else expect(findings, name).toMatchObject([{ kind: "forked", line: rewrittenFrom + 1, seq: rewrittenFrom }]);
    }
  });

  it("compares the files of one asset with each other, whoever wrote their hashes", async () => {
    const way = Array.from({ length: WAYS }, (_, n) => n).find((n) => mutate(later, n, diceOf(0)).name === "forkAnew");
    const { text, rewrittenFrom: seq } = mutate(later, way ?? 0, diceOf(0));
    await put("other.jsonl", text);
    expect((await aima(["verify", "other.jsonl"])).code).toBe(0);
    const { code, stdout } = await aima(["verify", "other.jsonl", "later.jsonl"]);
    expect(code).toBe(1);
    const at = Number(seq);
    expect(stdout).toContain(
      `  line ${at + 1} (entry ${at}): forked: entry ${at} is another one than in other.jsonl, line ${at + 1}`,
    );
    expect(stdout).toContain(
      `  line ${at + 1} (entry ${at}): forked: entry ${at} is another one than in later.jsonl, line ${at + 1}`,
    );
  });

  it("finds a journal that was rolled back, and one of another asset", async () => {
    const back = await aima(["verify", "earlier.jsonl", "--against", "later.jsonl"]);
    expect([back.code, back.stdout]).toEqual([1, expect.stringContaining("whole (entry ")]);
    expect(back.stdout).toContain("truncated: it ends with entry ");
    const other = `ast_${"9".repeat(26)}`;
    await put("other.jsonl", later.replaceAll(id, other));
    const { code, stdout } = await aima(["verify", "other.jsonl", "--against", "later.jsonl"]);
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining(`this is the journal of ${other}, later.jsonl that of ${id}`),
    ]);
  });

  it("tells a question that makes no sense from a journal that is not valid", async () => {
    const codes = await Promise.all([
      aima(["verify"]),
      aima(["verify", "nowhere.jsonl"]),
      aima(["verify", "."]),
      aima(["verify", "later.jsonl", "--head", "12"]),
      aima(["verify", "later.jsonl", "earlier.jsonl", "--head", `1:${"0".repeat(64)}`]),
      aima(["verify", "later.jsonl", "--head", `1:${"0".repeat(64)}`]),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 1]);
  });
});
