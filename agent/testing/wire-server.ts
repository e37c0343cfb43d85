/** AIMA's side of the wire for tests: keeps reports and blobs, checks what it gets, and fails when it is told to. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type BlobRef,
  type JobLease,
  LeaseRequest,
  RegisterAgent,
  type Report,
  ReportBatch,
} from "../../shared/contracts/agent.ts";
import type { Step } from "../../shared/contracts/operations.ts";

/** What happens to the next POST of reports: `lost_reply` takes the reports and then breaks the connection. */
export type ReportFault = "status_500" | "dropped" | "lost_reply" | "status_409" | "stop" | "drain";

export class WireServer {
  /** Reports by `seq`, each kept once. */
  readonly reports = new Map<number, Report>();
  readonly blobs = new Map<string, Buffer>();
  readonly registered: RegisterAgent[] = [];
  /** Leases not handed out yet. */
  readonly leases: JobLease[] = [];
  /** Consumed one per POST of reports. */
  reportFaults: ReportFault[] = [];
  /** Consumed one per download: the connection breaks after so many bytes. */
  downloadBreaks: number[] = [];
  /** The `range` headers of downloads, in order; empty where there was none. */
  readonly ranges: string[] = [];
  /** What the agent did against the contract. */
  readonly violations: string[] = [];
  readonly token = "a-pool-token";
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => {
      this.violations.push(String(error));
      response.destroy();
    });
  });

  static async start(): Promise<WireServer> {
    const server = new WireServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    // SAFETY: the server listens on a TCP port, whose address is of this type.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A lease of this server over `input`, with half an hour to go. */
  lease(input: Buffer, steps: readonly Step[], more: Partial<JobLease> = {}): JobLease {
    this.blobs.set("input", input);
    return {
      jobId: "job_1",
      attempt: 1,
      leaseSeconds: 60,
      heartbeatSeconds: 20,
      callbackUrl: `${this.url}/callbacks/jobs/signed`,
      blobsUrl: `${this.url}/blobs/signed`,
      input: {
        url: `${this.url}/blobs/input`,
        name: "input.bin",
        mediaType: "image",
        contentType: "image/png",
        sizeBytes: input.length,
        sha256: sha256(input),
        metadata: {},
      },
      steps: [...steps],
      checkpoint: null,
      previousCheckpoint: null,
      deadlineAt: new Date(Date.now() + 1_800_000).toISOString(),
      ...more,
    };
  }

  /** A checkpoint of an earlier attempt, stored on this server. */
  checkpoint(content: unknown, key = "old-checkpoint"): NonNullable<JobLease["checkpoint"]> {
    const bytes = Buffer.from(JSON.stringify(content));
    this.blobs.set(key, bytes);
    return {
      url: `${this.url}/blobs/${key}`,
      blob: { key, sizeBytes: bytes.length, sha256: sha256(bytes) },
    };
  }

  /** Every report in order of its number; throws where one is missing. */
  inOrder(): Report[] {
    return Array.from({ length: this.reports.size }, (_, index) => {
      const report = this.reports.get(index + 1);
      if (report === undefined) throw new Error(`Report ${index + 1} of ${this.reports.size} is missing`);
      return report;
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? "";
    const body = await bodyOf(request);
    if (url.startsWith("/agents/")) this.#agents(url, request, body, response);
    else if (url.startsWith("/callbacks/")) this.#takeReports(body, response);
    else if (request.method === "PUT") this.#store(url, request, body, response);
    else this.#read(url.slice("/blobs/".length), request, response);
  }

  #agents(url: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    if (request.headers.authorization !== `Bearer ${this.token}`) return json(response, 401, { code: "unauthorized" });
    if (url === "/agents/register") {
      this.registered.push(RegisterAgent.parse(JSON.parse(body.toString())));
      return json(response, 200, { leaseSeconds: 60, heartbeatSeconds: 20 });
    }
    LeaseRequest.parse(JSON.parse(body.toString()));
    if (this.registered.length === 0) return json(response, 404, { code: "not_found" });
    const lease = this.leases.shift() ?? null;
    if (lease !== null) return json(response, 200, { lease });
    setTimeout(() => json(response, 200, { lease: null }), 20);
    return undefined;
  }

  #takeReports(body: Buffer, response: ServerResponse): void {
    const fault = this.reportFaults.shift();
    if (fault === "status_500") return json(response, 500, { code: "internal" });
    if (fault === "status_409") return json(response, 409, { code: "attempt_superseded" });
    if (fault === "dropped") return void response.destroy();
    if (body.length > 1024 * 1024) this.violations.push(`a body of ${body.length} bytes`);
    const { reports } = ReportBatch.parse(JSON.parse(body.toString()));
    const fresh = reports.filter((report) => !this.reports.has(report.seq));
    for (const report of reports) this.#keep(report);
    if (fault === "lost_reply") return void response.destroy();
    const directive = fault === "stop" || fault === "drain" ? fault : "continue";
    return json(response, 200, {
      accepted: fresh.length,
      duplicates: reports.length - fresh.length,
      held: 0,
      directive,
    });
  }

  #keep(report: Report): void {
    const earlier = this.reports.get(report.seq);
    if (earlier === undefined && report.seq !== this.reports.size + 1)
      this.violations.push(`report ${report.seq} leaves a gap`);
    if (earlier !== undefined && JSON.stringify(earlier) !== JSON.stringify(report)) {
      this.violations.push(`report ${report.seq} came again with another content`);
    }
    for (const blob of blobsOf(report)) {
      const stored = this.blobs.get(blob.key);
      if (stored === undefined || sha256(stored) !== blob.sha256)
        this.violations.push(`${blob.key} was named before it was stored`);
    }
    this.reports.set(report.seq, report);
  }

  #store(url: string, request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const name = url.split("/").at(-1) ?? "";
    if (!/^[a-z0-9][a-z0-9._-]{0,79}$/.test(name)) this.violations.push(`the blob's name ${name}`);
    if (Number(request.headers["content-length"]) !== body.length)
      this.violations.push(`the content-length of ${name}`);
    const key = `attempt-1/${name}`;
    this.blobs.set(key, body);
    json(response, 201, { key, sizeBytes: body.length, sha256: sha256(body) });
  }

  #read(key: string, request: IncomingMessage, response: ServerResponse): void {
    const bytes = this.blobs.get(key);
    if (bytes === undefined) return json(response, 404, { code: "not_found" });
    const range = request.headers.range ?? "";
    this.ranges.push(range);
    const offset = Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    const rest = bytes.subarray(offset);
    response.writeHead(range === "" ? 200 : 206, { "content-length": rest.length });
    const limit = this.downloadBreaks.shift();
    if (limit === undefined) response.end(rest);
    else response.write(rest.subarray(0, limit), () => setTimeout(() => response.destroy(), 20));
    return undefined;
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function blobsOf(report: Report): BlobRef[] {
  if (report.type === "checkpoint") return [report.blob];
  if (report.type !== "partial") return [];
  const artifacts = report.insights.flatMap((insight) => (insight.artifact === null ? [] : [insight.artifact]));
  return [...artifacts, ...(report.insightsBlob === null ? [] : [report.insightsBlob])];
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // SAFETY: a request without encoding yields buffers.
  return Buffer.concat(chunks);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
