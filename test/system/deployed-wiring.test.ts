/**
 * Both scripts as they are deployed, wired by their own configuration: the API's Worker and the inspector, which
 * consumes its queue, reads the bucket by range and tells the asset's object across scripts. Local mode wires the
 * inspector differently, so this is the only place where that path runs.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AimaClient, fileSource } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT, WRANGLER_ENV } from "../../local/build.ts";
import { findPort } from "../../local/ports.ts";
import { makeSamples } from "../../local/samples/samples.ts";
import { SECRETS } from "../support/secrets.ts";
import { until } from "../support/local-stack.ts";

let dir: string;
let wrangler: ChildProcess;
let baseUrl: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "aima-wiring-"));
  baseUrl = `http://127.0.0.1:${await findPort(0)}`;
  const args = [
    "dev",
    "--local",
    "--ip",
    "127.0.0.1",
    "--port",
    new URL(baseUrl).port,
    "--inspector-port",
    "0",
    "--persist-to",
    dir,
  ];
  const configs = ["-c", join(ROOT, "wrangler.toml"), "-c", join(ROOT, "workers/inspector/wrangler.toml")];
  wrangler = spawn(process.execPath, [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), ...args, ...configs], {
    cwd: ROOT,
    stdio: "ignore",
    env: { ...process.env, ...WRANGLER_ENV, ...SECRETS },
  });
  await until(async () => (await fetch(`${baseUrl}/health`).catch(() => null)) ?? null);
});
afterAll(async () => {
  const ended = new Promise((resolve) => wrangler.once("exit", resolve));
  wrangler.kill("SIGTERM");
  await ended;
  await rm(dir, { recursive: true, force: true });
});

describe("the two scripts of a deployment", () => {
  it("inspect what is uploaded, and go on to its analysis", async () => {
    const reply = await fetch(`${baseUrl}/internal/bootstrap`, {
      method: "POST",
      headers: { authorization: `Bearer ${SECRETS.BOOTSTRAP_SECRET}` },
      body: JSON.stringify({ tenant: "ten_wiring", name: "Wiring" }),
    });
    const { apiKey } = (await reply.json()) as { apiKey: string };
    const client = new AimaClient({ baseUrl, apiKey });
    const samples = await makeSamples(join(dir, "samples"));
    const inspected = await Promise.all(
      samples.map(async ({ path }) => {
        const { id } = await client.assets.upload(await fileSource(path));
        return until(async () => {
          const asset = await client.assets.get(id);
          return asset.status === "inspecting" ? null : asset;
        });
      }),
    );
    expect(inspected.map(({ name, status, mediaType }) => [name, status, mediaType])).toEqual([
      ["harbour-sign.jpg", "analysing", "image"],
      ["two-scenes.mp4", "analysing", "video"],
      ["speech-with-pause.wav", "analysing", "audio"],
      ["turbine-report.pdf", "analysing", "document"],
      ["hive-notes.docx", "analysing", "document"],
    ]);
    expect(inspected[0]?.metadata).toMatchObject({ width: 1280, height: 800 });
    const bytes = await new Response(await client.assets.download(inspected[4]?.id ?? "")).arrayBuffer();
    expect(Buffer.from(bytes).equals(await readFile(samples[4]?.path ?? ""))).toBe(true);
  });
});
