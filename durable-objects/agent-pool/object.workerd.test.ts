import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { agentPool, gpuJob } from "../addresses.ts";

const TENANT = "ten_pool1";
const job = (number: number): string => `job_7${String(number).padStart(25, "0")}`;

async function submit(number: number): Promise<string> {
  const jobId = job(number);
  await gpuJob(env, TENANT, jobId).submit(jobId, {
    tenant: TENANT,
    assetId: "ast_00000000000000000000000001",
    pipeline: "p",
    steps: [{ id: "shots", operation: "shots", parameters: {} }],
    input: { key: "k", name: "n", mediaType: "video", contentType: "v", sizeBytes: 1, sha256: "", metadata: {} },
  });
  return jobId;
}

const AGENT = {
  agentId: "agt_pool",
  version: "1.2.3",
  engines: [{ name: "cpu", operations: ["ocr" as const] }],
  concurrency: 1,
};

describe("AgentPool", () => {
  it("hands out by priority, then by turn, over evictions and changes of mind", async () => {
    const raw = env.AGENT_POOL.get(env.AGENT_POOL.idFromName("pool-order"));
    const pool = agentPool(env, "pool-order");
    await pool.register(AGENT);
    for (const [number, priority] of [
      [1, 50],
      [2, 50],
      [3, 90],
      [4, 10],
    ] as const) {
      await pool.offer({ tenant: TENANT, jobId: await submit(number), priority });
    }
    await evictDurableObject(raw);
    // Offered again with another priority, a job keeps its turn among its new equals.
    await pool.offer({ tenant: TENANT, jobId: job(4), priority: 90 });
    await pool.offer({ tenant: TENANT, jobId: job(1), priority: 50 });
    const order: (string | undefined)[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const grant = await pool.lease(AGENT.agentId, 0);
      if (!grant.ok) throw new Error(grant.error.code);
      order.push(grant.value?.jobId);
    }
    expect(order).toEqual([job(3), job(4), job(1), job(2), undefined]);
  });

  it("passes over jobs that have ended or wait for something else, and says the agent's release", async () => {
    const pool = agentPool(env, "pool-ended");
    await pool.register(AGENT);
    const [canceled, paused, waiting] = [await submit(11), await submit(12), await submit(13)];
    for (const jobId of [canceled, paused, waiting]) await pool.offer({ tenant: TENANT, jobId, priority: 50 });
    await gpuJob(env, TENANT, canceled).cancel();
    await gpuJob(env, TENANT, paused).pause();
    expect(await pool.lease(AGENT.agentId, 0)).toMatchObject({ value: { jobId: waiting, attempt: 1 } });
    const events = await gpuJob(env, TENANT, waiting).events({ after: 1, limit: 1 });
    expect(events).toMatchObject({ value: { events: [{ type: "AttemptStarted", data: { engine: "1.2.3" } }] } });
  });
});
