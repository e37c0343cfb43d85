/** What an agent says to the system, and whether it was heard. */
import { createHash } from "node:crypto";
import { type JobLease, LeaseReply, ReportReply } from "../../../shared/contracts/agent.ts";
import { SECRETS } from "../../support/secrets.ts";

/** Shorter than a pause of the system: a request that is given up and sent again may still arrive. */
const REQUEST_TIMEOUT_MS = 1_500;
const LEASE_WAIT_SECONDS = 1;

/** Null: no answer, so that nobody knows whether the request arrived. */
async function post(url: string, body: unknown, token?: string): Promise<Response | null> {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS + LEASE_WAIT_SECONDS * 1_000);
  try {
    const reply = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
    if (reply.status < 500) return new Response(await reply.text(), { status: reply.status });
    await reply.body?.cancel();
    return null;
  } catch {
    return null; // Cut off, refused or too late.
  }
}

const pauseMs = async (durationMs: number): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, durationMs));
};

async function register(baseUrl: string, agentId: string): Promise<void> {
  const engines = [{ name: "numbers", operations: ["probe"] }];
  await post(`${baseUrl}/agents/register`, { agentId, version: "1", engines, concurrency: 1 }, SECRETS.AGENT_TOKEN);
}

/** Null when there was no work, or no answer. */
export async function askForLease(baseUrl: string, agentId: string): Promise<JobLease | null> {
  const request = { agentId, waitSeconds: LEASE_WAIT_SECONDS };
  const reply = await post(`${baseUrl}/agents/lease`, request, SECRETS.AGENT_TOKEN);
  if (reply?.status === 200) return LeaseReply.parse(await reply.json()).lease;
  if (reply?.status === 404) await register(baseUrl, agentId);
  else if (reply !== null) throw new Error(`A lease is refused with ${reply.status}: ${await reply.text()}`);
  await pauseMs(100);
  return null;
}

/** Sends the same reports until they are acknowledged; false when the attempt is over. */
export async function report(lease: JobLease, reports: readonly unknown[], signal: AbortSignal): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted();
    const reply = await post(lease.callbackUrl, { reports });
    if (reply?.status === 200) {
      ReportReply.parse(await reply.json());
      return true;
    }
    if (reply?.status === 409) return false;
    if (reply !== null) throw new Error(`A report is refused with ${reply.status}: ${await reply.text()}`);
    await pauseMs(50);
  }
}

/** Sends reports once, and does not listen for the answer: whether they arrived, nobody knows. */
export async function reportUnheard(lease: JobLease, reports: readonly unknown[]): Promise<void> {
  await post(lease.callbackUrl, { reports });
}

/** Stores a blob under a name that nothing else has used; the same bytes are sent again until they are stored. */
export async function storeBlob(lease: JobLease, name: string, bytes: string, signal: AbortSignal): Promise<unknown> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const request = { method: "PUT", body: bytes, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) };
      const reply = await fetch(`${lease.blobsUrl}/${name}`, request);
      if (reply.ok) return await reply.json();
      await reply.body?.cancel();
    } catch {
      // Cut off: the bytes go up again.
    }
    await pauseMs(50);
  }
}

/** Reads what the last committed checkpoint names, if there is one. Throws when it is not whole. */
export async function readCheckpoint({ checkpoint }: JobLease, signal: AbortSignal): Promise<void> {
  if (checkpoint === null) return;
  for (;;) {
    signal.throwIfAborted();
    const bytes = await bytesOf(checkpoint.url);
    if (bytes === null) {
      await pauseMs(50);
      continue;
    }
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (sha256 !== checkpoint.blob.sha256) throw new Error(`The checkpoint ${checkpoint.blob.key} is damaged`);
    return;
  }
}

/** Null when no answer came, or not all of it; a blob that is gone is an empty one. */
async function bytesOf(url: string): Promise<Uint8Array | null> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    if (reply.status >= 500) return null;
    return reply.ok ? new Uint8Array(await reply.arrayBuffer()) : new Uint8Array();
  } catch {
    return null;
  }
}
