/** The README's main job, as a stranger runs it: `npm start -- --once --json FILE` in a fresh folder. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../local/demo/outcome.ts";
import { findPort } from "../../local/ports.ts";

const ROOT = join(import.meta.dirname, "../..");
let dir: string;
let outcome: Outcome;
let exitCode: number | null;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "aima-once-"));
  const port = await findPort(0);
  const args = [
    join(ROOT, "local/start.ts"),
    "--once",
    "--json",
    join(dir, "out.json"),
    "--port",
    String(port),
    "--data",
    join(dir, "data"),
  ];
  const launcher = spawn(process.execPath, args, { stdio: "ignore", env: { ...process.env, AIMA_SKIP_BUILD: "1" } });
  exitCode = await new Promise((resolve) => launcher.once("exit", resolve));
  outcome = JSON.parse(await readFile(join(dir, "out.json"), "utf8")) as Outcome;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe("npm start -- --once", () => {
  it("succeeds", () => {
    expect(outcome.failures).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it("analyses all four media types, with at least four kinds of findings each", () => {
    expect(new Set(outcome.assets.map(({ mediaType }) => mediaType))).toEqual(
      new Set(["image", "video", "audio", "document"]),
    );
    for (const { name, status, insights } of outcome.assets) {
      expect(`${name} ${status}`).toBe(`${name} analysed`);
      expect(new Set(insights.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(4);
    }
  });

  it("finds first what a picture shows and what the documents say", () => {
    expect(outcome.searches.length).toBeGreaterThanOrEqual(3);
    for (const { expected, hits } of outcome.searches) expect(hits[0]?.assetName).toBe(expected);
    const found = outcome.searches.map(({ expected }) => expected?.split(".").at(-1));
    expect(found).toEqual(expect.arrayContaining(["pdf", "docx"]));
  });

  it("says of every skipped step why", () => {
    for (const { steps } of outcome.assets)
      for (const { status, reason } of steps)
        expect(["succeeded", "skipped"].includes(status) && (status === "succeeded" || reason !== null)).toBe(true);
  });

  it("keeps its credentials from other users", async () => {
    expect((await stat(join(dir, "data/credentials.json"))).mode & 0o777).toBe(0o600);
    const credentials = JSON.parse(await readFile(join(dir, "data/credentials.json"), "utf8")) as Record<
      string,
      string
    >;
    expect(Object.keys(credentials).toSorted()).toEqual(["apiKey", "baseUrl", "email", "password", "tenant"]);
  });
});
