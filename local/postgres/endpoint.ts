/** The endpoint: HTTP and WebSocket on one loopback port, in front of one engine. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import { WebSocketServer } from "ws";
import type { Credentials } from "./credentials.ts";
import type { Engine } from "./engine.ts";
import { answerSql, reply } from "./sql-over-http.ts";
import { WireSession } from "./wire-session.ts";

/** How long clients may take to answer a closing handshake: a torn connection is an error to the driver. */
const CLOSE_GRACE_MS = 1000;

/** Only this machine can reach the endpoint. */
export const LOOPBACK = "127.0.0.1";

export type EndpointOptions = {
  readonly credentials: Credentials;
  /** 0 picks a free port. */
  readonly port: number;
  /** A transaction left alone for longer is rolled back; default 30 s. */
  readonly idleInTransactionTimeoutMs?: number;
};

export type Endpoint = {
  readonly port: number;
  /** Until an engine is given, requests are answered with 503. */
  serve(engine: Engine): void;
  /** Stops listening; connections that do not end by themselves are torn after a second. */
  close(): Promise<void>;
};

/** Takes the port. Rejects with the system's error (`EADDRINUSE`) when it cannot be had. */
export async function openEndpoint(options: EndpointOptions): Promise<Endpoint> {
  let engine: Engine | null = null;
  let sessions = 0;
  const server = createServer((request, response) => {
    if (request.url === "/health") return reply(response, engine === null ? 503 : 200, { ok: engine !== null });
    if (request.url !== "/sql" || request.method !== "POST") return reply(response, 404, { message: "not found" });
    if (engine === null) return reply(response, 503, { message: "the database is starting" });
    answerSql(engine, options.credentials, request, response).catch(() => response.destroy());
    return undefined;
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => {
    if (engine === null) return socket.close(1013, "the database is starting");
    sessions += 1;
    const session = new WireSession({
      engine,
      credentials: options.credentials,
      id: sessions,
      idleInTransactionTimeoutMs: options.idleInTransactionTimeoutMs ?? 30_000,
      send: (bytes) => socket.send(bytes),
      close: () => socket.close(),
    });
    socket.on("message", (data) => session.receive(asBuffer(data)));
    socket.on("close", () => session.end());
    // A broken socket is followed by its close event, which ends the session.
    socket.on("error", () => undefined);
    return undefined;
  });
  // The WebSocket server repeats the HTTP server's errors; `listen` below is where they are told.
  sockets.on("error", () => undefined);
  const port = await listen(server, options.port);
  return {
    port,
    serve: (opened) => {
      engine = opened;
    },
    close: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const socket of sockets.clients) socket.close(1001, "the database is stopping");
      server.closeIdleConnections();
      const hurry = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, CLOSE_GRACE_MS);
      await promise;
      clearTimeout(hurry);
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, LOOPBACK, resolve);
  await promise;
  server.removeListener("error", reject);
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

function asBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
