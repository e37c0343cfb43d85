/** Requests as they are written: `fetch` would tidy their paths and refuse some of their headers. */
import { Agent, request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

export type RawRequest = {
  readonly method: string;
  /** With its query, exactly as it goes over the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
};

export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Send = (asked: RawRequest) => Promise<RawAnswer>;

/** Nothing that these requests ask for takes this long. */
const PATIENCE_MS = 10_000;

/** One client with `concurrency` connections, which it keeps; `close` ends them. */
export function rawClient(origin: string, concurrency: number): { readonly send: Send; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const { hostname, port } = new URL(origin);
  const send: Send = ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const length = body === null ? {} : { "content-length": String(Buffer.byteLength(body)) };
      const sent = request({ agent, hostname, port, method, path, headers: { ...headers, ...length } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const named = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(named) as Record<string, string>,
            body: decoded(Buffer.concat(chunks), answer.headers["content-encoding"]),
          });
        });
      });
      sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error(`nothing came for ${PATIENCE_MS} ms`)));
      sent.on("error", reject);
      sent.end(body ?? undefined);
    });
  return { send, close: () => agent.destroy() };
}

/** A connection that was asked for it compresses, whatever the Worker has sent; an answer to HEAD has nothing in it. */
function decoded(bytes: Buffer, encoding: string | undefined): string {
  if (bytes.length === 0) return "";
  if (encoding === "gzip") return gunzipSync(bytes).toString();
  return encoding === "br" ? brotliDecompressSync(bytes).toString() : bytes.toString();
}
