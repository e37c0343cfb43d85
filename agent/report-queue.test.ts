import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type QueueEnd, ReportQueue, ReportsEnded } from "./report-queue.ts";
import { WireServer } from "./testing/wire-server.ts";

let server: WireServer;
let queue: ReportQueue;
let ends: QueueEnd[];

function open(deadlineAtMs = Date.now() + 60_000): ReportQueue {
  return new ReportQueue({
    callbackUrl: `${server.url}/callbacks/jobs/signed`,
    deadlineAtMs,
    heartbeatMs: 60_000,
    progressDelayMs: 10,
    log: () => undefined,
    onEnd: (end) => ends.push(end),
    onDrain: () => undefined,
  });
}

beforeEach(async () => {
  server = await WireServer.start();
  ends = [];
  queue = open();
});
afterEach(async () => {
  queue.close();
  await server.stop();
});

const progress = (fraction: number) => ({ type: "progress", fraction, step: null, segment: null }) as const;

describe("the report queue", () => {
  test("sends only the newest of the progress that waits", async () => {
    void queue.send(progress(0.1));
    void queue.send(progress(0.2));
    await queue.send(progress(0.3));
    expect(server.inOrder()).toMatchObject([{ seq: 1, type: "progress", fraction: 0.3 }]);
  });

  test("keeps the order of many reports over several requests", async () => {
    const sent = Array.from({ length: 120 }, () => queue.send({ type: "heartbeat" }));
    await Promise.all(sent);
    expect(server.inOrder()).toHaveLength(120);
    expect(server.violations).toEqual([]);
  });

  test("sends what comes at any moment after the report before was acknowledged", async () => {
    // However many turns of the event loop's microtasks the caller takes to go on: none falls into a gap.
    for (let turns = 0; turns < 40; turns += 1) {
      await queue.send({ type: "heartbeat" });
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    }
    expect(server.inOrder()).toHaveLength(40);
  });

  test("repeats a batch unchanged when only the reply was lost", async () => {
    server.reportFaults = ["lost_reply"];
    void queue.send(progress(0.1));
    await queue.send({ type: "succeeded" });
    expect(server.inOrder().map((report) => report.type)).toEqual(["progress", "succeeded"]);
    expect(server.violations).toEqual([]);
  });

  test("rejects what waits when another attempt has taken over", async () => {
    server.reportFaults = ["status_409"];
    await expect(queue.send({ type: "succeeded" })).rejects.toEqual(new ReportsEnded("superseded"));
    await expect(queue.send({ type: "succeeded" })).rejects.toEqual(new ReportsEnded("superseded"));
    expect(ends).toEqual(["superseded"]);
  });

  test("gives up at the deadline of the lease", async () => {
    const late = open(Date.now() - 1);
    server.reportFaults = ["status_500"];
    await expect(late.send({ type: "succeeded" })).rejects.toEqual(new ReportsEnded("deadline"));
  });
});
