import { createServer } from "node:net";

export const LOOPBACK = "127.0.0.1";

/** Resolves with a free port: the wanted one (0 for any), or null when it is taken. */
export function findPort(wanted: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen({ host: LOOPBACK, port: wanted, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : null));
    });
  });
}
