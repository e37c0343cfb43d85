/** Starting, stopping and starting again, as a user does it. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSource } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSamples } from "../../local/samples/samples.ts";
import { startLocalStack, until } from "../support/local-stack.ts";
import { isRunning } from "../support/processes.ts";

const ROOT = join(import.meta.dirname, "../..");
let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "aima-life-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

function launch(args: readonly string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const launcher = spawn(process.execPath, [join(ROOT, "local/start.ts"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    launcher.stdout.on("data", (data: Buffer) => (said += data.toString()));
    launcher.stderr.on("data", (data: Buffer) => (said += data.toString()));
    launcher.once("exit", (code) => resolve({ code, said }));
  });
}

describe("local mode", () => {
  it("ends every process on Ctrl-C, and goes on with its state at the next start", async () => {
    const first = await startLocalStack({ dataDir });
    const document = (await makeSamples(join(dataDir, "samples"))).find(({ name }) => name.endsWith(".pdf"));
    if (document?.query == null) throw new Error("no document among the samples");
    const { id } = await first.client.assets.upload(await fileSource(document.path));
    const before = await first.client.assets.waitUntilFinished(id);
    const started = first.processes();
    expect(started.length).toBeGreaterThanOrEqual(5);
    // A terminal sends Ctrl-C to every process of the group.
    for (const { pid } of started) process.kill(pid, "SIGINT");
    await first.stop();
    // The last ones have their signal and end within moments of the launcher; one that stayed would end this test.
    await until(async () => (started.some(({ pid }) => isRunning(pid)) ? null : true), 20);

    const second = await startLocalStack({ dataDir });
    try {
      expect(second.apiKey).toBe(first.apiKey);
      expect(await second.client.assets.get(id)).toEqual(before);
      const { query } = document;
      const hit = await until(async () => (await second.client.search(query)).hits[0] ?? null);
      expect(hit.assetId).toBe(id);
    } finally {
      await second.stop();
    }
  });

  it("leaves no process behind when the launcher is killed without a word", async () => {
    const stack = await startLocalStack();
    const started = stack.processes();
    process.kill(stack.launcherPid, "SIGKILL");
    const left = await until(async () => {
      const running = started.filter(({ pid }) => isRunning(pid));
      return running.length === 0 ? running : null;
    }, 100);
    expect(left).toEqual([]);
    await rm(stack.dataDir, { recursive: true, force: true });
  });

  it("says so, and starts nothing, when its port is taken", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as AddressInfo;
    const { code, said } = await launch(["--no-demo", "--port", String(port), "--data", join(dataDir, "taken")]);
    holder.close();
    expect(code).toBe(1);
    expect(said).toContain(`Port ${port} is taken by another program.`);
  });

  it.each([
    [["--port", "x"], "--port takes a number from 1 to 65535, not x"],
    [["--nonsense"], "--nonsense"],
    [["--once", "--no-demo"], "--once runs the main job: it cannot go with --no-demo"],
  ])("explains wrong arguments: %j", async (args, explanation) => {
    const { code, said } = await launch(args);
    expect(code).toBe(2);
    expect(said).toContain(explanation);
    expect(said).toContain("--media PATH...");
  });
});

describe("two tenants and the command line", () => {
  it("keeps each tenant's assets from the other, everywhere", async () => {
    const stack = await startLocalStack();
    try {
      const { bootstrapSecret } = JSON.parse(await readFile(join(stack.dataDir, "secrets.json"), "utf8")) as {
        bootstrapSecret: string;
      };
      const reply = await fetch(`${stack.baseUrl}/internal/bootstrap`, {
        method: "POST",
        headers: { authorization: `Bearer ${bootstrapSecret}` },
        body: JSON.stringify({ tenant: "ten_other1", name: "Other" }),
      });
      const { apiKey: otherKey } = (await reply.json()) as { apiKey: string };
      const document = (await makeSamples(join(stack.dataDir, "samples"))).find(({ name }) => name.endsWith(".docx"));
      if (document?.query == null) throw new Error("no samples");

      const cli = (args: readonly string[], apiKey = stack.apiKey): Promise<{ code: number | null; out: string }> =>
        new Promise((resolve) => {
          const env = { ...process.env, AIMA_URL: stack.baseUrl, AIMA_API_KEY: apiKey };
          const child = spawn(process.execPath, [join(ROOT, "clients/cli/src/main.ts"), ...args], {
            stdio: ["ignore", "pipe", "pipe"],
            env,
          });
          let out = "";
          child.stdout.on("data", (data: Buffer) => (out += data.toString()));
          child.once("exit", (code) => resolve({ code, out }));
        });

      const uploaded = await cli(["upload", document.path, "--watch", "--json"]);
      expect(uploaded.code).toBe(0);
      const { id, jobId } = await until(async () => {
        for await (const asset of stack.client.assets.list()) return stack.client.assets.get(asset.id);
        return null;
      });
      const query = document.query;
      await until(async () => ((await stack.client.search(query)).hits.length > 0 ? true : null));

      const found = await cli(["search", ...query.split(" "), "--json"]);
      expect(found.code).toBe(0);
      expect(found.out).toContain(id);
      const foreign = await cli(["search", ...query.split(" "), "--json"], otherKey);
      expect(foreign.out).not.toContain(id);
      expect((await cli(["assets", "get", id], otherKey)).code).toBe(4);
      expect((await cli(["assets", "get", id], "aima_wrong")).code).toBe(3);

      const paths = ["", "/events", "/insights", "/content", "/artifacts/thumbnail.jpg"].map(
        (rest) => `/v1/assets/${id}${rest}`,
      );
      for (const path of [...paths, `/v1/jobs/${jobId}`, `/v1/jobs/${jobId}/events`]) {
        const answer = await fetch(`${stack.baseUrl}${path}`, { headers: { authorization: `Bearer ${otherKey}` } });
        expect([path, answer.status]).toEqual([path, 404]);
      }

      expect((await cli(["assets", "delete", id])).code).toBe(0);
      expect((await cli(["assets", "get", id])).code).toBe(4);
      await until(async () => ((await stack.client.search(query)).hits.length === 0 ? true : null));
    } finally {
      await stack.stop();
    }
  });
});
