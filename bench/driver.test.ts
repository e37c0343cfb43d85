import { describe, expect, it } from "vitest";
import { billOf } from "./bill.ts";
import { parseReply } from "./connection.ts";
import type { Counts } from "./counts.ts";
import { planOf } from "./plan.ts";
import { median, quantile } from "./statistics.ts";

describe("the plan of a job", () => {
  it("sends every report, one of them twice and two neighbours swapped, the same at every call", () => {
    for (let job = 0; job < 200; job += 1) {
      const { reports, values } = planOf(job, 5);
      expect(planOf(job, 5)).toEqual({ reports, values });
      expect(reports).toHaveLength(6);
      const order = reports.map(({ seq }) => seq);
      const once = order.filter((seq, at) => seq !== order[at - 1]);
      expect(once.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
      expect(once.filter((seq, at) => seq !== at + 1)).toHaveLength(2);
      for (const { seq, value } of reports) expect(value).toBe(values[seq - 1]);
    }
  });

  it("differs from job to job", () => {
    const all = new Set(Array.from({ length: 1_000 }, (_, job) => planOf(job, 5).values.join(" ")));
    expect(all.size).toBe(1_000);
  });
});

describe("a reply", () => {
  const bytes = (text: string): Buffer => Buffer.from(text);

  it("ends with its length, and leaves what follows", () => {
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP";
    expect(parseReply(bytes(text))).toEqual({ reply: { status: 200, body: "ok" }, end: text.length - 4 });
  });

  it("ends with its last chunk", () => {
    const text = "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    expect(parseReply(bytes(text))).toEqual({ reply: { status: 409, body: "abcde" }, end: text.length });
  });

  it.each([
    "HTTP/1.1 200 OK\r\nContent-",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
  ])("is null while something is missing: %j", (text) => {
    expect(parseReply(bytes(text))).toBeNull();
  });
});

describe("the bill", () => {
  it("multiplies what was counted by the prices", () => {
    const counts: Counts = {
      workerRequests: { "POST /agents/lease": 2, "queue aima-place": 1 },
      objectCalls: { "GpuJob.submit": 2, "GpuJob.takeReports": 4 },
      alarmRuns: { GpuJob: 2 },
      alarmsSet: { GpuJob: 4 },
      statements: {
        "GpuJob: INSERT journal": { runs: 6, rowsRead: 10, rowsWritten: 6 },
        "GpuJob: INSERT outbox": { runs: 2, rowsRead: 0, rowsWritten: 10 },
      },
      messages: { "aima-place": 2 },
      bucketWrites: 2,
      bucketReads: 4,
      databaseCalls: 6,
    };
    const { lines, dollars, databaseCallsPerThousand } = billOf(counts, 2);
    expect(lines.map(({ perThousand }) => perThousand)).toEqual([1_500, 4_000, 5_000, 10_000, 3_000, 1_000, 2_000]);
    expect(lines.map((line) => Number(line.dollars.toFixed(6)))).toEqual([
      0.00045, 0.0006, 0.000005, 0.01, 0.0012, 0.0045, 0.00072,
    ]);
    expect(dollars).toBeCloseTo(0.017475, 9);
    expect(databaseCallsPerThousand).toBe(3_000);
  });
});

describe("quantiles", () => {
  it("are values that occur", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(quantile([4, 3, 2, 1], 0.99)).toBe(4);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
