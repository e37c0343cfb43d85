/**
 * The local database as a program: `LOCAL_POSTGRES_PASSWORD=… node local/postgres/process.ts --port N --data DIR`. The
 * password is no argument, because every user of the machine can see those.
 *
 * Prints `{"event":"ready","port":N}` when queries are answered. Ends in order on SIGTERM, SIGINT, and when its
 * standard input closes, which is how it notices that its parent is gone (so give it a pipe, not /dev/null). Exit
 * codes: 0 ended in order, 1 the database failed, 2 wrong arguments, 3 the port is taken, 4 another process uses the
 * data directory.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { DataLocked, lockData } from "./data-lock.ts";
import { LOOPBACK, openEndpoint } from "./endpoint.ts";
import { openEngine } from "./engine.ts";
import { LOCAL_DATABASE, LOCAL_USER } from "./local-database-url.ts";

const Arguments = z.strictObject({
  port: z.coerce.number().int().min(0).max(65_535),
  data: z.string().min(1),
  password: z.string().min(1),
});

/** Prints one line and ends the process. */
function fail(exitCode: number, message: string): never {
  process.stderr.write(`local postgres: ${message}\n`);
  process.exit(exitCode);
}

function readArguments(): z.infer<typeof Arguments> {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ options: { port: text, data: text } });
    return Arguments.parse({ ...values, password: process.env["LOCAL_POSTGRES_PASSWORD"] });
  } catch {
    return fail(2, "usage: LOCAL_POSTGRES_PASSWORD=… --port N --data DIR");
  }
}

const { port, data, password } = readArguments();
const credentials = { user: LOCAL_USER, password, database: LOCAL_DATABASE };

const endpoint = await openEndpoint({ port, credentials }).catch((error: unknown) => {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "EADDRINUSE" ? fail(3, `port ${port} on ${LOOPBACK} is taken`) : fail(1, String(error));
});
const lock = await lockData(data, endpoint.port).catch((error: unknown) =>
  fail(error instanceof DataLocked ? 4 : 1, error instanceof Error ? error.message : String(error)),
);
const engine = await openEngine(join(data, "pgdata")).catch((error: unknown) =>
  fail(1, `cannot open ${data}: ${error instanceof Error ? error.message : String(error)}`),
);

let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  endpoint
    .close()
    .then(() => engine.close())
    .then(() => lock.release())
    .then(
      () => process.exit(0),
      (error: unknown) => fail(1, `could not close: ${String(error)}`),
    );
};
process.on("SIGTERM", end);
process.on("SIGINT", end);
process.stdin.on("end", end).on("close", end).resume();

endpoint.serve(engine);
process.stdout.write(`${JSON.stringify({ event: "ready", port: endpoint.port })}\n`);
