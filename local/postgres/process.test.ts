/** The program as its callers start it. */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { neon, neonConfig } from "@neondatabase/serverless";
import type { NeonQueryFunction } from "@neondatabase/serverless";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localDatabaseUrl } from "./local-database-url.ts";

const PROGRAM = fileURLToPath(new URL("process.ts", import.meta.url));

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

let data: string;
let children: Child[];
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "aima-postgres-"));
  children = [];
});
afterEach(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await rm(data, { recursive: true, force: true, maxRetries: 3 });
});

function start(port = 0): Child {
  const args = [PROGRAM, "--port", String(port), "--data", data];
  const child = spawn(process.execPath, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, LOCAL_POSTGRES_PASSWORD: "pw" },
  });
  children.push(child);
  return child;
}

async function ready(child: Child): Promise<NeonQueryFunction<false, false>> {
  const [line] = await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(async () => Promise.reject(new Error(`it ended: ${child.stderr.read()}`))),
  ]);
  const { event, port } = JSON.parse(String(line));
  expect(event).toBe("ready");
  neonConfig.fetchEndpoint = () => `http://127.0.0.1:${port}/sql`;
  return neon(localDatabaseUrl("pw"));
}

async function ended(child: Child): Promise<{ exitCode: number | null; stderr: string }> {
  let stderr = "";
  child.stderr.on("data", (bytes) => (stderr += String(bytes)));
  const [exitCode] = await once(child, "close");
  return { exitCode, stderr };
}

test("loses no acknowledged write when it is killed, and starts again on the same files", async () => {
  const first = start();
  const before = await ready(first);
  await before`create table written (id int primary key)`;
  const acknowledged: number[] = [];
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; ; i += 1) {
      const id = writer * 1_000_000 + i;
      await before`insert into written values (${id})`;
      acknowledged.push(id);
      if (acknowledged.length === 200) first.kill("SIGKILL");
    }
  });
  await Promise.allSettled(writers);
  expect(acknowledged.length).toBeGreaterThanOrEqual(200);

  const second = start();
  const after = await ready(second);
  const [row] = await after`select count(*)::int as n from written where id = any(${acknowledged}::int[])`;
  expect(row).toEqual({ n: acknowledged.length });
  second.kill("SIGTERM");
  expect(await ended(second)).toEqual({ exitCode: 0, stderr: "" });
  expect(await readdir(data)).toEqual(["pgdata"]);
}, 60_000);

test("starts over when it was killed while it made the database", async () => {
  await mkdir(join(data, "pgdata.unfinished", "base"), { recursive: true });
  await writeFile(join(data, "pgdata.unfinished", "PG_VERSION"), "1");
  await writeFile(join(data, "endpoint.lock"), "{");
  const child = start();
  const sql = await ready(child);
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);

  const rival = start();
  const { exitCode, stderr } = await ended(rival);
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/^local postgres: process \d+ on port \d+ uses .*\n$/);

  child.stdin.end();
  expect(await ended(child)).toEqual({ exitCode: 0, stderr: "" });
}, 60_000);

test("says in one line that the port is taken", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const address = holder.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  expect(await ended(start(port))).toEqual({
    exitCode: 3,
    stderr: `local postgres: port ${port} on 127.0.0.1 is taken\n`,
  });
  holder.close();
});

test("says how it is called when an argument is wrong", async () => {
  const child = spawn(process.execPath, [PROGRAM, "--port", "x"], { stdio: ["pipe", "pipe", "pipe"] });
  children.push(child);
  expect(await ended(child)).toEqual({
    exitCode: 2,
    stderr: "local postgres: usage: LOCAL_POSTGRES_PASSWORD=… --port N --data DIR\n",
  });
});
