/** `POST /sql`: Neon's HTTP protocol. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Credentials } from "./credentials.ts";
import { checkLogin, loginOf } from "./credentials.ts";
import type { Engine } from "./engine.ts";
import { executeAlone, executeBatch, SqlError } from "./execute.ts";
import { beginStatement, SqlRequest } from "./sql-request.ts";

/** Neon's own limit on a request's body. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Answers one request; every failure becomes a status with a JSON body. */
export async function answerSql(
  engine: Engine,
  expected: Credentials,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  const login = loginOf(header("neon-connection-string") ?? "");
  const refusal =
    login === null
      ? { code: "08P01", message: "the header Neon-Connection-String is missing or no connection string" }
      : checkLogin(expected, login);
  if (refusal !== null) return reply(response, 400, { ...refusal, severity: "FATAL" });

  const body = await readBody(request);
  if (body === null) return reply(response, 413, { message: `the body exceeds ${MAX_BODY_BYTES} bytes` });
  const parsed = SqlRequest.safeParse(parseJson(body));
  if (!parsed.success) return reply(response, 400, { message: "the body is no query", code: "08P01" });
  const begin = beginStatement(header);
  if (begin === null) return reply(response, 400, { message: "the isolation level is unknown", code: "22023" });

  const rowAsArray = header("neon-array-mode") === "true";
  const lease = await engine.lease();
  try {
    const answer =
      "queries" in parsed.data
        ? { results: await executeBatch(lease, begin, parsed.data.queries, rowAsArray) }
        : await executeAlone(lease, parsed.data, rowAsArray);
    echoBatchHeaders(request, response);
    reply(response, 200, answer);
  } catch (error) {
    if (error instanceof SqlError) reply(response, 400, error.toBody());
    else reply(response, 500, { message: "the database failed" });
  } finally {
    lease.release();
  }
}

/** Sends a JSON body. */
export function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function echoBatchHeaders(request: IncomingMessage, response: ServerResponse): void {
  for (const name of ["neon-batch-isolation-level", "neon-batch-read-only", "neon-batch-deferrable"]) {
    const value = request.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_BODY_BYTES) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses it with the same answer as any other body that is no query.
    return undefined;
  }
}
