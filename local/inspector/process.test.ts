import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Inspection } from "../../shared/contracts/media.ts";
import { findPort } from "../ports.ts";
import { buildInspector } from "./build.ts";

/** A Worker that loops for ever when it is probed for `loop`, and answers otherwise. */
const LOOPING_WORKER = `export default { async fetch(request) {
  if (new URL(request.url).pathname === "/health") return new Response("ok");
  const { name } = await request.json();
  while (name === "loop") ;
  return Response.json({ name });
} };`;

/** A picture of one pixel, as far as a header goes. */
const GIF = Uint8Array.of(0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0, 0, 0, 0x3b);

type Running = {
  child: ChildProcess;
  port: number;
  next: (event: string) => Promise<void>;
  exited: Promise<number | null>;
};

let dir: string;
const running: Running[] = [];

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "aima-inspector-"));
});
afterEach(async () => {
  for (const { child, exited } of running.splice(0)) {
    child.kill("SIGTERM");
    await exited;
  }
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

async function start(bundle: string, ...extra: string[]): Promise<Running> {
  const port = await findPort(0);
  if (port === null) throw new Error("no free port");
  const script = join(import.meta.dirname, "process.ts");
  const child = spawn(process.execPath, [script, "--port", String(port), "--bundle", bundle, ...extra], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const seen = new Map<string, () => void>();
  const next = (event: string): Promise<void> =>
    new Promise((resolve) => {
      seen.set(event, resolve);
    });
  createInterface({ input: child.stdout }).on("line", (line) =>
    seen.get((JSON.parse(line) as { event: string }).event)?.(),
  );
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const process_ = { child, port, next, exited };
  running.push(process_);
  await next("ready");
  return process_;
}

async function probe(port: number, body: unknown, timeoutMs = 5000): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/probe`, {
    method: "POST",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

test("a Worker that loops is killed, and the next probe is answered", { timeout: 30_000 }, async () => {
  writeFileSync(join(dir, "worker.js"), LOOPING_WORKER);
  const { port, next } = await start(dir, "--health-timeout-ms", "500");
  const restarted = next("restarted");
  await expect(probe(port, { name: "loop" }, 15_000)).rejects.toThrow("fetch failed");
  await restarted;
  expect(await (await probe(port, { name: "fine" })).json()).toEqual({ name: "fine" });
});

test("the process ends when its parent closes its standard input", { timeout: 30_000 }, async () => {
  writeFileSync(join(dir, "worker.js"), LOOPING_WORKER);
  const { child, port, exited } = await start(dir);
  child.stdin?.end();
  expect(await exited).toBe(0);
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow("fetch failed");
});

test(
  "the real bundle inspects a URL of this machine by range, and refuses any other",
  { timeout: 60_000 },
  async () => {
    const bundle = join(dir, "bundle");
    await buildInspector(bundle);
    const { port } = await start(bundle);
    const files: Server = createServer((request, reply) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
      reply.writeHead(206).end(GIF.subarray(Number(from), Number(to) + 1));
    });
    await new Promise<void>((resolve) => files.listen(0, "127.0.0.1", resolve));
    const { port: filePort } = files.address() as AddressInfo;
    const reply = await probe(port, {
      url: `http://127.0.0.1:${filePort}/dot`,
      name: "dot.mp4",
      sizeBytes: GIF.length,
    });
    const inspection = Inspection.parse(await reply.json());
    files.close();
    expect(inspection).toMatchObject({
      verdict: "accepted",
      mediaType: "image",
      contentType: "image/gif",
      metadata: { width: 1, height: 1 },
    });
    const refused = await probe(port, { url: "http://192.0.2.1/dot", name: "dot.gif", sizeBytes: GIF.length });
    expect(refused.status).toBe(400);
    await refused.arrayBuffer();
  },
);
