/**
 * One keep-alive HTTP/1.1 connection with one request under way: what a client costs at the least, so that the
 * driver leaves the processors to the server. Understands what workerd answers: a length or chunks.
 */
import { connect, type Socket } from "node:net";
import { LOOPBACK } from "../local/ports.ts";

export type Reply = { readonly status: number; readonly body: string };

type Waiting = { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void };

export class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #received: Buffer = Buffer.alloc(0);
  #waiting: Waiting | null = null;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("The connection was closed.")));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: LOOPBACK, port, noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket, `${LOOPBACK}:${port}`));
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  send(method: string, path: string, authorization: string, body: string | Uint8Array | null = null): Promise<Reply> {
    if (this.#waiting !== null) return Promise.reject(new Error("A request is under way."));
    const length = body === null ? 0 : Buffer.byteLength(body);
    const head =
      `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n` +
      (authorization === "" ? "" : `Authorization: ${authorization}\r\n`) +
      (body === null && method === "GET" ? "" : `Content-Type: application/json\r\nContent-Length: ${length}\r\n`);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (body === null || typeof body === "string") this.#socket.write(`${head}\r\n${body ?? ""}`);
      else this.#socket.write(Buffer.concat([Buffer.from(`${head}\r\n`), body]));
    });
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(error);
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const parsed = parseReply(this.#received);
    if (parsed === null) return;
    this.#received = this.#received.subarray(parsed.end);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(parsed.reply);
  }
}

/** Null while the reply is not complete. */
export function parseReply(bytes: Buffer): { readonly reply: Reply; readonly end: number } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const head = bytes.toString("latin1", 0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const bodyStart = headEnd + 4;
  const length = /\r\ncontent-length: *(\d+)/.exec(head);
  if (length?.[1] !== undefined) {
    const end = bodyStart + Number(length[1]);
    return bytes.length < end ? null : { reply: { status, body: bytes.toString("utf8", bodyStart, end) }, end };
  }
  if (!/\r\ntransfer-encoding: *chunked/.test(head)) return { reply: { status, body: "" }, end: bodyStart };
  const chunks: Buffer[] = [];
  for (let at = bodyStart; ;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const chunkStart = lineEnd + 2;
    const next = chunkStart + size + 2;
    if (bytes.length < next) return null;
    if (size === 0) return { reply: { status, body: Buffer.concat(chunks).toString("utf8") }, end: next };
    chunks.push(bytes.subarray(chunkStart, chunkStart + size));
    at = next;
  }
}
