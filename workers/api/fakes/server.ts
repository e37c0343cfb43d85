/** Serves a fetch handler on a port of this machine, for clients that need a real connection. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";

export type FetchHandler = (request: Request) => Promise<Response> | Response;

function requestOf(message: IncomingMessage): Request {
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i] ?? "", message.rawHeaders[i + 1] ?? "");
  const method = message.method ?? "GET";
  const bare = method === "GET" || method === "HEAD";
  // SAFETY: Node's and the Workers' streams and requests are the same in use.
  const init = {
    method,
    headers,
    ...(bare ? {} : { body: Readable.toWeb(message), duplex: "half" }),
  } as unknown as RequestInit;
  return new Request(`http://${message.headers.host ?? "localhost"}${message.url ?? "/"}`, init);
}

/** `close` ends open connections too. */
export async function serve(handler: FetchHandler): Promise<{ baseUrl: string; close: () => Promise<void> }> {
  const server = createServer((message, out) => {
    void (async () => {
      const response = await handler(requestOf(message));
      out.writeHead(response.status, Object.fromEntries(response.headers));
      if (response.body !== null) for await (const chunk of response.body) out.write(chunk);
      out.end();
    })().catch(() => out.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // SAFETY: a TCP server has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
