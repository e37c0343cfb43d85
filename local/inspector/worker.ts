/**
 * The inspection behind HTTP, for local mode: `POST /probe {url, name, sizeBytes}` answers with an `Inspection`, 502
 * when the URL fails; `GET /health` answers 200 as long as nothing keeps the thread busy.
 */
import { z } from "zod";
import { inspect } from "../../shared/inspection/inspect.ts";
import { RangeSourceError } from "../../shared/inspection/range-source.ts";
import { httpSource } from "./http-source.ts";

/** URLs other than this machine's are refused: the inspector is no door to anyone's network. */
const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);

const Probe = z.strictObject({
  url: z
    .url({ protocol: /^http$/ })
    .refine((url) => LOOPBACK.has(new URL(url).hostname), "only loopback URLs are read"),
  name: z.string().max(1024),
  sizeBytes: z.int().min(0),
});

async function probe(request: Request): Promise<Response> {
  const body = Probe.safeParse(await request.json().catch(() => null));
  if (!body.success) return Response.json({ error: z.prettifyError(body.error) }, { status: 400 });
  const { url, name, sizeBytes } = body.data;
  try {
    return Response.json(await inspect(httpSource(url, sizeBytes), { name }));
  } catch (error) {
    if (error instanceof RangeSourceError) return Response.json({ error: error.message }, { status: 502 });
    throw error;
  }
}

export default {
  async fetch(request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "GET" && pathname === "/health") return new Response("ok");
    if (request.method === "POST" && pathname === "/probe") return probe(request);
    return new Response("not found", { status: 404 });
  },
} satisfies ExportedHandler;
