/** The doors outside the API's machinery: agents, callbacks, blobs, bootstrap. Each: accepts, refuses, who may. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { JobLease, Report } from "../shared/contracts/agent.ts";
import { gpuJob, tenantObject, userAccount } from "../durable-objects/addresses.ts";
import { parseSigningKeys, signToken } from "../shared/tokens/signed-token.ts";
import { handleAgents } from "./agents/routes.ts";
import { handleBlobs } from "./blobs/routes.ts";
import { handleBootstrap } from "./bootstrap.ts";
import { receiveReports } from "./callbacks/receive-reports.ts";
import { placeJob } from "./queues/place-job.ts";

const ORIGIN = "https://aima.test";
const AGENT = { authorization: `Bearer ${env.AGENT_TOKEN}` };
const FAR = 9_999_999_999;
const at = "2026-01-01T00:00:00.000Z";
const REGISTRATION = {
  agentId: "agt_test",
  version: "1",
  engines: [{ name: "cpu", operations: ["ocr"] }],
  concurrency: 1,
};

const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
  headers,
});

const agents = (path: string, init: RequestInit): Promise<Response> =>
  handleAgents(new Request(ORIGIN + path, init), env, path, "req_test");
const blobs = (url: string, init: RequestInit = {}): Promise<Response> =>
  handleBlobs(new Request(url, init), env, new URL(url).pathname, "req_test");
const report = (lease: JobLease, body: unknown): Promise<Response> =>
  receiveReports(
    new Request(lease.callbackUrl, post(body)),
    env,
    lease.callbackUrl.split("/").at(-1) ?? "",
    "req_test",
  );
const code = async (response: Response): Promise<unknown> => ((await response.json()) as { code: unknown }).code;

let count = 0;
/** A job of its own, leased by the agent. */
async function leased(): Promise<JobLease> {
  count += 1;
  const jobId = `job_${String(count).padStart(26, "0")}`;
  const key = `ten_doors1/assets/a${count}/uploads/1`;
  await env.MEDIA.put(key, "0123456789");
  await gpuJob(env, "ten_doors1", jobId).submit(jobId, {
    tenant: "ten_doors1",
    assetId: `ast_${String(count).padStart(26, "0")}`,
    pipeline: "standard@1",
    steps: [{ id: "ocr", operation: "ocr", parameters: {} }],
    input: {
      key,
      name: "a.png",
      mediaType: "image",
      contentType: "image/png",
      sizeBytes: 10,
      sha256: "a".repeat(64),
      metadata: {},
    },
  });
  await agents("/agents/register", post(REGISTRATION, AGENT));
  await placeJob({ tenant: "ten_doors1", jobId, priority: 50 }, env);
  for (;;) {
    const reply = await agents("/agents/lease", post({ agentId: "agt_test", waitSeconds: 5 }, AGENT));
    const { lease } = (await reply.json()) as { lease: JobLease | null };
    if (lease?.jobId === jobId) return lease;
  }
}

describe("/agents", () => {
  it("accepts: registers an agent and leases it a job with the steps and URLs it needs", async () => {
    const registered = await agents("/agents/register", post(REGISTRATION, AGENT));
    expect(await registered.json()).toEqual({ leaseSeconds: 30, heartbeatSeconds: 10 });
    expect(await leased()).toMatchObject({
      attempt: 1,
      steps: [{ id: "ocr" }],
      checkpoint: null,
      input: { sizeBytes: 10 },
    });
  });

  it("answers null when there is no job within the time", async () => {
    await agents("/agents/register", post({ ...REGISTRATION, agentId: "agt_idle" }, AGENT));
    const reply = await agents("/agents/lease", post({ agentId: "agt_idle", waitSeconds: 0 }, AGENT));
    expect(await reply.json()).toEqual({ lease: null });
  });

  it("refuses: another method, another path, a malformed body, an agent that has not registered", async () => {
    expect((await agents("/agents/register", { headers: AGENT })).status).toBe(405);
    expect((await agents("/agents/nothing", post({}, AGENT))).status).toBe(404);
    expect(await code(await agents("/agents/register", post({ agentId: "x" }, AGENT)))).toBe("invalid_request");
    expect(await code(await agents("/agents/lease", post({ agentId: "agt_unknown", waitSeconds: 0 }, AGENT)))).toBe(
      "not_found",
    );
  });

  it("who may: only the pool's token", async () => {
    expect((await agents("/agents/register", post(REGISTRATION))).status).toBe(401);
    expect((await agents("/agents/lease", post({}, { authorization: "Bearer wrong" }))).status).toBe(401);
  });
});

describe("/callbacks/jobs", () => {
  const hello: Report = { seq: 1, at, type: "hello", agentId: "agt_test", resumedFrom: null };

  it("accepts: reports in any order, each once", async () => {
    const lease = await leased();
    expect(await (await report(lease, { reports: [{ seq: 2, at, type: "heartbeat" }] })).json()).toMatchObject({
      held: 1,
    });
    expect(await (await report(lease, { reports: [hello] })).json()).toMatchObject({ accepted: 2, duplicates: 0 });
    expect(await (await report(lease, { reports: [hello] })).json()).toMatchObject({
      accepted: 0,
      duplicates: 1,
      directive: "continue",
    });
    await gpuJob(env, "ten_doors1", lease.jobId).cancel();
    expect(await (await report(lease, { reports: [{ seq: 3, at, type: "heartbeat" }] })).json()).toMatchObject({
      directive: "drain",
    });
    expect(await (await report(lease, { reports: [{ seq: 4, at, type: "preempted" }] })).json()).toMatchObject({
      directive: "stop",
    });
  });

  it("refuses: a malformed batch, one that is too large, and a flood of reports above a gap", async () => {
    const lease = await leased();
    expect((await report(lease, { reports: [] })).status).toBe(422);
    expect((await report(lease, { reports: [{ ...hello, agentId: "x".repeat(1_100_000) }] })).status).toBe(422);
    const flood = Array.from({ length: 256 }, (_, index) => ({ seq: index + 2, at, type: "heartbeat" }));
    expect((await report(lease, { reports: flood })).status).toBe(200);
    expect(await code(await report(lease, { reports: [{ seq: 900, at, type: "heartbeat" }] }))).toBe(
      "too_many_held_reports",
    );
    expect(await (await report(lease, { reports: [hello] })).json()).toMatchObject({ accepted: 257 });
  });

  it("who may: only the token of this attempt, unchanged and in time", async () => {
    const lease = await leased();
    const [id = "", payload = "", mac = ""] = (lease.callbackUrl.split("/").at(-1) ?? "").split(".");
    const keys = parseSigningKeys(env.SIGNING_KEYS);
    const claims = { use: "attempt", tenant: "ten_doors1", jobId: lease.jobId, attempt: 1 };
    const tokens = [
      "nonsense",
      `${id}.${payload}.${mac.slice(0, -2)}AA`,
      `${id}.${btoa(JSON.stringify({ ...claims, attempt: 9, exp: FAR }))}.${mac}`,
      await signToken(keys, { ...claims, exp: 1 }),
      await signToken([{ id: "k1", secret: "another-secret-0123456789abcdef0123" }], { ...claims, exp: FAR }),
      await signToken(keys, Object.assign({ exp: FAR }, claims, { use: "read" })),
    ];
    for (const token of tokens) {
      const answer = await receiveReports(
        new Request(`${ORIGIN}/callbacks/jobs/x`, post({ reports: [hello] })),
        env,
        token,
        "req_test",
      );
      expect([answer.status, await code(answer)]).toEqual([401, "invalid_token"]);
    }
  });

  it("fences off an attempt that was superseded", async () => {
    const lease = await leased();
    const claims = { use: "attempt", tenant: "ten_doors1", jobId: lease.jobId, attempt: 2, exp: FAR };
    const token = await signToken(parseSigningKeys(env.SIGNING_KEYS), claims);
    const answer = await receiveReports(
      new Request(`${ORIGIN}/callbacks/jobs/x`, post({ reports: [hello] })),
      env,
      token,
      "req_test",
    );
    expect([answer.status, await code(answer)]).toEqual([409, "attempt_superseded"]);
  });
});

describe("/blobs", () => {
  it("accepts: reads the input by range and writes under the attempt's prefix", async () => {
    const lease = await leased();
    expect(await (await blobs(lease.input.url)).text()).toBe("0123456789");
    const part = await blobs(lease.input.url, { headers: { range: "bytes=2-4" } });
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);
    const put = await blobs(`${lease.blobsUrl}/thumb.jpg`, {
      method: "PUT",
      body: "abc",
      headers: { "content-length": "3" },
    });
    const blob = (await put.json()) as { key: string };
    // SHA-256 of "abc", FIPS 180-2 appendix B.1.
    const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expect(blob).toEqual({
      key: `ten_doors1/assets/ast_${lease.jobId.slice(4)}/jobs/${lease.jobId}/1/thumb.jpg`,
      sizeBytes: 3,
      sha256,
    });
    expect(await (await env.MEDIA.get(blob.key))?.text()).toBe("abc");
  });

  it("refuses: a range outside, a name that leaves the prefix, a body without a length, another method", async () => {
    const lease = await leased();
    expect((await blobs(lease.input.url, { headers: { range: "bytes=10-" } })).status).toBe(416);
    expect(
      (await blobs(`${lease.blobsUrl}/..%2fother`, { method: "PUT", body: "x", headers: { "content-length": "1" } }))
        .status,
    ).toBe(422);
    const short = await blobs(`${lease.blobsUrl}/short.bin`, {
      method: "PUT",
      body: "abc",
      headers: { "content-length": "9" },
    });
    expect(await code(short)).toBe("size_mismatch");
    expect((await env.MEDIA.list({ prefix: `ten_doors1/assets/ast_${lease.jobId.slice(4)}/` })).objects).toEqual([]);
    expect((await blobs(`${lease.blobsUrl}/a/b`, { method: "PUT", body: "x" })).status).toBe(404);
    expect((await blobs(lease.input.url, { method: "POST", body: "x" })).status).toBe(405);
    const endless = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
    expect((await blobs(`${lease.blobsUrl}/a.bin`, { method: "PUT", body: endless })).status).toBe(413);
  });

  it("who may: a token for reading does not write, one for writing does not read", async () => {
    const lease = await leased();
    expect(
      (await blobs(`${lease.input.url}/a.bin`, { method: "PUT", body: "x", headers: { "content-length": "1" } }))
        .status,
    ).toBe(401);
    expect((await blobs(lease.blobsUrl)).status).toBe(401);
  });
});

describe("/internal/bootstrap", () => {
  const bootstrap = (body: unknown, secret = env.BOOTSTRAP_SECRET): Promise<Response> =>
    handleBootstrap(
      new Request(`${ORIGIN}/internal/bootstrap`, post(body, { authorization: `Bearer ${secret}` })),
      env,
      "req_test",
    );

  it("accepts: issues a key for a new tenant", async () => {
    const reply = await bootstrap({ tenant: "ten_fresh1", name: "Fresh" });
    expect(reply.status).toBe(201);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(await reply.json()).toMatchObject({
      tenant: "ten_fresh1",
      apiKey: expect.stringMatching(/^aima_fresh1_/) as string,
    });
  });

  it("accepts: makes the first admin, who logs in, once; every tenant is in the platform's list", async () => {
    const body = { tenant: "ten_fresh2", name: "Fresh", email: "Ada@Example.com", password: "vK7#mQ2xL!9p" };
    expect((await bootstrap(body)).status).toBe(201);
    expect((await bootstrap(body)).status).toBe(201);
    const tenant = tenantObject(env, "ten_fresh2");
    const member = await tenant.memberByLogin("ada@example.com");
    expect(member).toMatchObject({ role: "admin", status: "active" });
    expect(await tenant.memberCounts()).toEqual({ members: 1, activeAdmins: 1 });
    const from = { totp: null, recoveryCode: null, remember: false, userAgent: null, address: "local" };
    const opened = await userAccount(env, "ten_fresh2", member?.userId ?? "").logIn({
      password: body.password,
      ...from,
    });
    expect(opened).toMatchObject({ ok: true, value: { tenant: "ten_fresh2", role: "admin" } });
    const listed = await tenantObject(env, "ten_platform").listTenants({ after: null, limit: 100 });
    expect(listed).toContain("ten_fresh2");
  });

  it("refuses a weak password, an address with another password, and an address without a password", async () => {
    const body = { tenant: "ten_fresh3", name: "Fresh", email: "ada@example.com" };
    expect(await code(await bootstrap({ ...body, password: "Password1!" }))).toBe("weak_password");
    expect((await bootstrap({ ...body, password: "vK7#mQ2xL!9p" })).status).toBe(201);
    expect(await code(await bootstrap({ ...body, password: "zT4&wN8sP!2c" }))).toBe("idempotency_conflict");
    expect(await code(await bootstrap(body))).toBe("invalid_request");
  });

  it("refuses a tenant that is none, and unknown fields", async () => {
    expect((await bootstrap({ tenant: "fresh", name: "Fresh" })).status).toBe(422);
    expect((await bootstrap({ tenant: "ten_fresh1", name: "Fresh", admin: true })).status).toBe(422);
  });

  it("who may: only the bootstrap secret", async () => {
    expect((await bootstrap({ tenant: "ten_fresh1", name: "Fresh" }, "wrong")).status).toBe(401);
  });
});
