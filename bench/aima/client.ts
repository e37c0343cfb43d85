import { z } from "zod";
import { signToken, type SigningKey } from "../../shared/tokens/signed-token.ts";
import { type JobClient, expectStatus, idOf, type JobRun } from "../job-client.ts";
import type { Report } from "../plan.ts";
import { BENCH_TENANT } from "./spec.ts";

const AT = "2026-01-01T00:00:00.000Z";
const SHA256 = "5c1e0c0f".repeat(8);

const Lease = z.looseObject({ lease: z.looseObject({ callbackUrl: z.string() }) });
const Journal = z.looseObject({
  events: z.array(z.looseObject({ seq: z.int(), type: z.string(), data: z.looseObject({}) })),
});
const Committed = z.looseObject({ nextSegment: z.int(), blob: z.looseObject({ sizeBytes: z.int() }) });

/** Where the blobs of the first attempt lie, for a job whose asset is its lane's. */
export const blobPrefixOf = (job: JobRun, assetId = idOf("ast", job.lane)): string =>
  `${BENCH_TENANT}/assets/${assetId}/jobs/${job.id}/1/`;

export type Sharing = "asset-per-lane" | "asset-per-job";

/**
 * Speaks to the bench's doors and to the real callback door. A report is a checkpoint whose blob has as many bytes as
 * the report's value: so the job's journal shows which reports were taken, and in what order.
 */
export async function aimaClient(keys: readonly SigningKey[], sharing: Sharing): Promise<JobClient> {
  const exp = Math.ceil(Date.now() / 1000) + 3600;
  const bearer = `Bearer ${await signToken(keys, { use: "bench", exp } as { exp: number })}`;
  const assetOf = (job: JobRun): string => idOf("ast", sharing === "asset-per-lane" ? job.lane : job.number);
  const door = (job: JobRun, action: string): string => `/bench/jobs/${job.id}/${action}`;
  return {
    create: async (connection, job) => {
      const path = `${door(job, "create")}?asset=${assetOf(job)}`;
      expectStatus(await connection.send("POST", path, bearer), 200, "create");
    },
    claim: async (connection, job) => {
      const body = expectStatus(await connection.send("POST", door(job, "claim"), bearer), 200, "claim");
      job.callbackPath = new URL(Lease.parse(JSON.parse(body)).lease.callbackUrl).pathname;
    },
    report: async (connection, job, reports) => {
      const body = JSON.stringify({ reports: reports.map((report) => checkpoint(assetOf(job), job, report)) });
      expectStatus(await connection.send("POST", job.callbackPath, "", body), 200, "report");
    },
    complete: async (connection, job, seq) => {
      const body = JSON.stringify({ reports: [{ seq, at: AT, type: "succeeded" }] });
      expectStatus(await connection.send("POST", job.callbackPath, "", body), 200, "complete");
    },
    isDone: async (connection, job) => {
      const body = expectStatus(await connection.send("GET", door(job, "state"), bearer), 200, "get");
      return (JSON.parse(body) as { status: string }).status === "succeeded";
    },
    values: async (connection, job) => {
      const values: number[] = [];
      for (let after = 0; ;) {
        const path = `${door(job, "events")}?after=${after}`;
        const { events } = Journal.parse(
          JSON.parse(expectStatus(await connection.send("GET", path, bearer), 200, "events")),
        );
        if (events.length === 0) return values;
        for (const { seq, type, data } of events) {
          if (seq !== after + 1) throw new Error(`${job.id}: event ${seq} follows ${after}`);
          after = seq;
          if (type !== "CheckpointCommitted") continue;
          const { nextSegment, blob } = Committed.parse(data);
          if (nextSegment !== values.length + 1) throw new Error(`${job.id}: checkpoint ${nextSegment} out of order`);
          values.push(blob.sizeBytes);
        }
      }
    },
  };
}

const checkpoint = (assetId: string, job: JobRun, { seq, value }: Report): unknown => ({
  seq,
  at: AT,
  type: "checkpoint",
  blob: {
    key: `${blobPrefixOf(job, assetId)}checkpoint-${seq}`,
    sizeBytes: value,
    sha256: SHA256,
  },
  fraction: Math.min(1, seq / 100),
  nextSegment: seq,
});
