import { parseTraceparent, type TraceContext } from "../shared/core/trace-context.ts";

const IN_QUERY = /[?&]traceparent=([0-9a-f-]{55})(?:&|$)/;

/** The trace that a request at a side door continues: of its header, else of the URL it was given. Null for none that is sound. */
export function givenTrace(request: Request): TraceContext | null {
  const header = request.headers.get("traceparent");
  const [, query] = IN_QUERY.exec(request.url) ?? [];
  return (header === null ? null : parseTraceparent(header)) ?? (query === undefined ? null : parseTraceparent(query));
}
