/** Sends a request to its handler: the hot path and the agents' doors first, outside the API's machinery. */
import { newId } from "../shared/core/ids.ts";
import { formatTraceparent, spanOf, type TraceContext } from "../shared/core/trace-context.ts";
import { handleAgents } from "./agents/routes.ts";
import { handleBlobs } from "./blobs/routes.ts";
import { handleBootstrap } from "./bootstrap.ts";
import { receiveReports } from "./callbacks/receive-reports.ts";
import { composition } from "./composition.ts";
import { BOOTSTRAP_DOOR, DOORS } from "../shared/core/rate-limit/default-rules.ts";
import { limitBootstrap, limitFailures } from "./door-limit.ts";
import { settingsOf } from "./env.ts";
import { givenTrace } from "./given-trace.ts";
import { problemResponse } from "./problem.ts";
import { setSecurityHeaders } from "./security-headers.ts";

export async function handleFetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
  const path = new URL(request.url).pathname;
  const side = sideDoor(path);
  if (side === null) return composition(env).app.fetch(request, env, ctx);
  const trace = traceOf(side, request);
  const answer = await throughSideDoor(side, request, env, { path, traceId: trace?.traceId ?? null });
  // What comes from the platform cannot be changed in place; the answers to reports are made here.
  const secured = side === CALLBACKS ? answer : new Response(answer.body, answer);
  setSecurityHeaders(secured.headers, settingsOf(env).ENVIRONMENT);
  if (trace !== null && !secured.headers.has("traceparent"))
    secured.headers.set("traceparent", formatTraceparent(trace));
  return secured;
}

/** Reports come by the thousand: of those in no trace none begins. */
function traceOf(side: SideDoor, request: Request): TraceContext | null {
  const given = givenTrace(request);
  if (given === null && side === CALLBACKS) return null;
  return spanOf(given, (bytes) => crypto.getRandomValues(new Uint8Array(bytes)));
}

async function throughSideDoor(
  side: SideDoor,
  request: Request,
  env: Env,
  { path, traceId }: { readonly path: string; readonly traceId: string | null },
): Promise<Response> {
  const requestId = newId("req", Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  try {
    const answer = await side.handle(request, env, path, requestId);
    if (answer.status !== 401 || side.door === null) return answer;
    return await limitFailures(answer, request, side.door, requestId, composition(env).failedAttempts);
  } catch (error) {
    // eslint-disable-next-line no-console -- the platform's log is the console; the path may hold a token
    console.error(
      JSON.stringify({
        event: "request_failed",
        requestId,
        traceId,
        error: error instanceof Error ? error.message : String(error),
      }),
    );
    return problemResponse("internal", { detail: "The request could not be handled.", requestId });
  }
}

type Handler = (request: Request, env: Env, path: string, requestId: string) => Promise<Response>;

/** `door`: what the limits call it; null for one that counts by itself. */
type SideDoor = { readonly handle: Handler; readonly door: string | null };

const JOBS = "/callbacks/jobs/";

function sideDoor(path: string): SideDoor | null {
  if (path.startsWith(JOBS)) return CALLBACKS;
  if (path.startsWith("/blobs/")) return BLOBS;
  if (path.startsWith("/agents/")) return AGENTS;
  return path === BOOTSTRAP_DOOR ? BOOTSTRAP : null;
}

const handleCallback: Handler = async (request, env, path, requestId) => {
  if (request.method !== "POST") {
    return problemResponse("method_not_allowed", {
      detail: "Reports come by POST.",
      requestId,
      headers: { allow: "POST" },
    });
  }
  return receiveReports(request, env, path.slice(JOBS.length), requestId);
};

const CALLBACKS: SideDoor = { handle: handleCallback, door: DOORS.callbacks };
const BLOBS: SideDoor = { handle: handleBlobs, door: DOORS.blobs };
const AGENTS: SideDoor = { handle: handleAgents, door: DOORS.agents };
const BOOTSTRAP: SideDoor = {
  handle: (request, env, _path, requestId) =>
    limitBootstrap(request, requestId, composition(env).limits, () => handleBootstrap(request, env, requestId)),
  door: null,
};
