import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Report } from "../shared/contracts/agent.ts";
import type { Operation, Step } from "../shared/contracts/operations.ts";
import { type AttemptSettings, runAttempt } from "./attempt.ts";
import { cpuEngine } from "./testing/hostile-engine.ts";
import { WireServer } from "./testing/wire-server.ts";

let server: WireServer;
let scratchDir: string;

beforeEach(async () => {
  server = await WireServer.start();
  scratchDir = await mkdtemp(join(tmpdir(), "aima-attempt-test-"));
});
afterEach(async () => {
  await server.stop();
  await rm(scratchDir, { recursive: true, force: true });
});

const INPUT = Buffer.alloc(300_000, "content ");

function settings(more: Partial<AttemptSettings> = {}): AttemptSettings {
  return {
    agentId: "agt_test1",
    scratchDir,
    limits: { memoryBytes: 300 * 1024 * 1024, timeoutMs: 20_000 },
    engineModule: new URL("./testing/hostile-engine.ts", import.meta.url).href,
    passes: cpuEngine.passes,
    log: () => undefined,
    preemption: new AbortController().signal,
    ...more,
  };
}

const steps = (...operations: Operation[]): Step[] =>
  operations.map((operation) => ({ id: operation, operation, parameters: {} }));

const partials = (): (Report & { type: "partial" })[] => server.inOrder().filter((report) => report.type === "partial");

const types = (): string[] =>
  server
    .inOrder()
    .map((report) => report.type)
    .filter((type) => type !== "heartbeat" && type !== "progress");

/** Step, status and code of the reason. */
const outcomes = (): string[] =>
  partials().map(({ step, status, reason }) => [step, status, ...(reason === null ? [] : [reason.code])].join(" "));

describe("an attempt", () => {
  test("reports hello, each step and success", async () => {
    expect(await runAttempt(server.lease(INPUT, steps("probe")), settings())).toBe("succeeded");
    expect(types()).toEqual(["hello", "partial", "succeeded"]);
    expect(partials()[0]).toMatchObject({
      step: "probe",
      status: "succeeded",
      metadata: { width: 7 },
      insights: [{ text: "probed" }],
    });
    expect(server.violations).toEqual([]);
    expect(await readdir(scratchDir)).toEqual([]);
  });

  test("goes on with a download where the connection broke", async () => {
    server.downloadBreaks = [100_000, 50_000];
    await runAttempt(server.lease(INPUT, steps("probe")), settings());
    expect(server.ranges).toEqual(["", "bytes=100000-", "bytes=150000-"]);
    expect(types()).toEqual(["hello", "partial", "succeeded"]);
  });

  test("hands a damaged input back without touching it", async () => {
    const lease = server.lease(INPUT, steps("probe"));
    const damaged = { ...lease, input: { ...lease.input, sha256: "0".repeat(64) } };
    expect(await runAttempt(damaged, settings())).toBe("failed");
    expect(server.inOrder().at(-1)).toMatchObject({
      type: "failed",
      cause: "transient",
      reason: { code: "input_damaged" },
    });
  });

  test("loses and doubles no report when requests fail before and after they arrive", async () => {
    server.reportFaults = ["status_500", "lost_reply", "dropped"];
    await runAttempt(server.lease(INPUT, steps("probe", "embed")), settings());
    expect(types()).toEqual(["hello", "partial", "partial", "succeeded"]);
    expect(server.violations).toEqual([]);
  });

  test("says nothing more when another attempt has taken over", async () => {
    server.reportFaults = ["status_409"];
    expect(await runAttempt(server.lease(INPUT, steps("keyframes")), settings())).toBe("dropped");
    expect(server.reports.size).toBe(0);
  });

  test("ends the pass when it is told to stop", async () => {
    server.reportFaults = ["stop"];
    expect(await runAttempt(server.lease(INPUT, steps("keyframes")), settings())).toBe("dropped");
    expect(types()).toEqual(["hello"]);
  });

  test("commits every checkpoint before the result that follows it", async () => {
    await runAttempt(server.lease(INPUT, steps("shots")), settings());
    expect(types()).toEqual(["hello", "checkpoint", "checkpoint", "checkpoint", "partial", "succeeded"]);
    const checkpoints = server.inOrder().filter((report) => report.type === "checkpoint");
    expect(checkpoints.map((report) => [report.nextSegment, report.blob.key])).toEqual([
      [1, "attempt-1/checkpoint-000001.json"],
      [2, "attempt-1/checkpoint-000002.json"],
      [3, "attempt-1/checkpoint-000003.json"],
    ]);
    expect(JSON.parse(String(server.blobs.get("attempt-1/checkpoint-000002.json")))).toEqual({
      version: 1,
      pass: "shots",
      state: { next: 2 },
    });
    expect(server.violations).toEqual([]);
  });

  test("continues from the checkpoint of an earlier attempt", async () => {
    const checkpoint = server.checkpoint({ version: 1, pass: "shots", state: { next: 2 } });
    await runAttempt(server.lease(INPUT, steps("shots"), { checkpoint }), settings());
    expect(server.inOrder()[0]).toMatchObject({ type: "hello", resumedFrom: "old-checkpoint" });
    expect(partials()[0]?.insights[0]?.text).toBe("began at 2");
  });

  test("hands the work back, with what is done, when it is asked for it", async () => {
    server.reportFaults = ["drain"];
    expect(await runAttempt(server.lease(INPUT, steps("keyframes")), settings())).toBe("preempted");
    expect(types()).toEqual(["hello", "preempted"]);
  });

  test("continues from the checkpoint before the newest when that one cannot be read", async () => {
    const previousCheckpoint = server.checkpoint({ version: 1, pass: "shots", state: { next: 1 } }, "older-checkpoint");
    const checkpoint = server.checkpoint({ version: 1, pass: "shots", state: { next: 2 } });
    server.blobs.set("old-checkpoint", Buffer.from("torn"));
    await runAttempt(server.lease(INPUT, steps("shots"), { checkpoint, previousCheckpoint }), settings());
    expect(partials()[0]?.insights[0]?.text).toBe("began at 1");
  });

  test("begins anew when no checkpoint can be read", async () => {
    const checkpoint = server.checkpoint({ version: 9 });
    await runAttempt(server.lease(INPUT, steps("shots"), { checkpoint }), settings());
    expect(partials()[0]?.insights[0]?.text).toBe("began at 0");
  });

  test("sends a long result as one blob", async () => {
    await runAttempt(server.lease(INPUT, steps("document-text")), settings());
    const [partial] = partials();
    expect(partial?.insights).toEqual([]);
    const stored: unknown = JSON.parse(String(server.blobs.get(partial?.insightsBlob?.key ?? "")));
    expect(stored).toHaveLength(2500);
    expect(server.violations).toEqual([]);
  });

  test("stores produced files as artifacts", async () => {
    await runAttempt(server.lease(INPUT, steps("thumbnail")), settings());
    expect(partials()[0]?.insights[0]?.artifact).toMatchObject({
      name: "made.txt",
      contentType: "text/plain",
      sizeBytes: 16,
    });
    expect(String(server.blobs.get("attempt-1/thumbnail.made.txt"))).toBe("made by the pass");
  });

  test("publishes no file from outside the scratch folder", async () => {
    const steal: Step = { id: "thumbnail", operation: "thumbnail", parameters: { steal: true } };
    await runAttempt(server.lease(INPUT, [steal]), settings());
    expect(outcomes()).toEqual(["thumbnail failed upload_failed"]);
    expect([...server.blobs.keys()]).toEqual(["input"]);
  });

  test("skips what no engine serves, with the reason", async () => {
    await runAttempt(server.lease(INPUT, steps("caption")), settings());
    expect(partials()[0]?.reason).toEqual({
      code: "no_engine",
      detail: "caption needs a vision-language model; connect an engine that serves it.",
    });
  });

  test("hands the work back when the machine goes away", async () => {
    const preemption = new AbortController();
    const running = runAttempt(server.lease(INPUT, steps("keyframes")), settings({ preemption: preemption.signal }));
    await expect.poll(() => server.reports.size).toBe(1);
    preemption.abort();
    expect(await running).toBe("preempted");
    expect(types()).toEqual(["hello", "preempted"]);
  });

  test("beats while a pass works", async () => {
    const preemption = new AbortController();
    const lease = server.lease(INPUT, steps("keyframes"), { heartbeatSeconds: 0.1 });
    const running = runAttempt(lease, settings({ preemption: preemption.signal }));
    await expect.poll(() => server.inOrder().filter((report) => report.type === "heartbeat").length).toBeGreaterThan(1);
    preemption.abort();
    await running;
  });
});

describe("a pass that misbehaves", () => {
  test("ends its own steps and no others when it crashes, fails or throws", async () => {
    expect(await runAttempt(server.lease(INPUT, steps("colours", "ocr", "probe")), settings())).toBe("succeeded");
    expect(outcomes()).toEqual(["probe succeeded", "colours failed crashed", "ocr failed crashed"]);
  });

  test("is ended when it takes more memory than it may", async () => {
    await runAttempt(server.lease(INPUT, steps("quality", "embed")), settings());
    expect(outcomes()).toEqual(["quality failed out_of_memory", "embed succeeded"]);
  });

  test("is ended when it takes more time than it may", async () => {
    const limits = { memoryBytes: 300 * 1024 * 1024, timeoutMs: 1000 };
    await runAttempt(server.lease(INPUT, steps("fingerprint", "embed")), settings({ limits }));
    expect(outcomes()).toEqual(["fingerprint failed timed_out", "embed succeeded"]);
  });

  test("sees no secret of the agent", async () => {
    process.env["AIMA_AGENT_TOKEN"] = "secret";
    await runAttempt(server.lease(INPUT, steps("embed")), settings());
    delete process.env["AIMA_AGENT_TOKEN"];
    expect(partials()[0]?.insights[0]?.text).toBe("no secrets");
  });
});
