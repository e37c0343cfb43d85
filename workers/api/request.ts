/** Parameters, query and body of a request, parsed; a request that does not fit is answered with a problem. */
import type { Context } from "hono";
import type { z } from "zod";
import { refuse, ok, type Result } from "../../shared/core/result.ts";
import type { ApiEnv } from "./deps.ts";
import { problem } from "./problem.ts";

type Read<T> = Result<T, Response>;

const escaped = (part: PropertyKey): string => String(part).replaceAll("~", "~0").replaceAll("/", "~1");

function invalid(c: Context<ApiEnv>, error: z.ZodError, prefix: string, what: string): { ok: false; error: Response } {
  const errors = error.issues.flatMap((issue) => {
    const path = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    const detail = issue.code === "unrecognized_keys" ? "This field is not known here." : issue.message;
    return path.map((parts) => ({ pointer: `${prefix}${parts.map((part) => `/${escaped(part)}`).join("")}`, detail }));
  });
  return refuse(problem(c, "invalid_request", `The ${what} does not fit its schema.`, { errors }));
}

/** An id that cannot exist is an id that is not found. */
export function readParams<S extends z.ZodObject>(c: Context<ApiEnv>, schema: S): Read<z.output<S>> {
  const parsed = schema.safeParse(c.req.param());
  return parsed.success ? ok(parsed.data) : refuse(problem(c, "not_found", "There is nothing with this name."));
}

/** A parameter given once is a string, given more often a list; pointers start with `/query`. */
export function readQuery<S extends z.ZodObject>(c: Context<ApiEnv>, schema: S): Read<z.output<S>> {
  const given = Object.entries(c.req.queries()).map(([name, values]) => [
    name,
    values.length === 1 ? values[0] : values,
  ]);
  const parsed = schema.safeParse(Object.fromEntries(given));
  return parsed.success ? ok(parsed.data) : invalid(c, parsed.error, "/query", "query");
}

const JSON_TYPE = /^application\/json\s*(;|$)/i;

export async function readBody<S extends z.ZodType>(
  c: Context<ApiEnv>,
  schema: S | null,
  optional: boolean,
): Promise<Read<z.output<S> | null>> {
  if (schema === null) return ok(null);
  const text = await c.req.raw.text();
  if (!(optional && text === "") && !JSON_TYPE.test(c.req.header("content-type") ?? "")) {
    return refuse(problem(c, "unsupported_media_type", "The body is to be sent as `application/json`."));
  }
  let json: unknown;
  try {
    json = optional && text === "" ? {} : JSON.parse(text);
  } catch {
    return refuse(problem(c, "malformed_json", "The body cannot be parsed as JSON.")); // The parser quotes the body.
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? ok(parsed.data) : invalid(c, parsed.error, "", "body");
}
