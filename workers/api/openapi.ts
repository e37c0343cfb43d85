/** The route table as an OpenAPI 3.1 document. */
import type { z } from "zod";
import { ERRORS, type ErrorCode } from "../../shared/errors/codes.ts";
import { type ApiRoute, problemCodes, type ResponseSpec, TAGS } from "./route.ts";
import { documentation, Problem } from "./schemas.ts";

const INFO = {
  openapi: "3.1.0",
  info: {
    title: "AIMA",
    version: "0.1.0",
    description: "AIMA turns media into searchable knowledge: upload a file, read what was found, search all of it.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  servers: [{ url: "/", description: "The deployment that serves this document" }],
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
};

const TEXT = /^(text\/|application\/x-ndjson$)/;
const BYTES = { type: "string" as const, format: "binary" };

function success({ description, schema, contentTypes, example, headers }: ResponseSpec) {
  const bodies = contentTypes?.map((type) => [type, { schema: TEXT.test(type) ? { type: "string" as const } : BYTES }]);
  const json =
    schema === undefined ? [] : [["application/json", { schema, ...(example === undefined ? {} : { example }) }]];
  const content = Object.fromEntries([...json, ...(bodies ?? [])]);
  const named = Object.entries(headers ?? {}).map(([name, text]) => [
    name,
    { description: text, schema: { type: "string" as const } },
  ]);
  return {
    description,
    ...(Object.keys(content).length === 0 ? {} : { content }),
    ...(named.length === 0 ? {} : { headers: Object.fromEntries(named) }),
  };
}

/** One response per status; its examples are the codes that share it. */
function problems(codes: readonly ErrorCode[]) {
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort((a, b) => a - b);
  return statuses.map((status) => {
    const own = codes.filter((code) => ERRORS[code].status === status).sort();
    const examples = own.map((code) => [code, { summary: ERRORS[code].title, value: exampleProblem(code) }]);
    const retry =
      status === 503
        ? { "Retry-After": { description: "Seconds to wait", schema: { type: "string" as const } } }
        : null;
    return [
      status,
      {
        description: own.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join("; "),
        content: { "application/problem+json": { schema: Problem, examples: Object.fromEntries(examples) } },
        ...(retry === null ? {} : { headers: retry }),
      },
    ];
  });
}

function exampleProblem(code: ErrorCode) {
  const { title, status, fix } = ERRORS[code];
  return {
    type: `/problems/${code}`,
    title,
    status,
    detail: `${title}.`,
    code,
    fix,
    requestId: "req_01K5Q3V9W2X4Y6Z8A0B1C2D3E4",
  };
}

function requestOf(route: ApiRoute) {
  const { params, query, body, bodyExample, bodyOptional, takesBytes } = route;
  const has = (schema: z.ZodObject): boolean => Object.keys(schema.shape).length > 0;
  const example = bodyExample === undefined ? {} : { example: bodyExample };
  const json =
    body === null
      ? {}
      : { body: { required: bodyOptional !== true, content: { "application/json": { schema: body, ...example } } } };
  return {
    ...(has(params) ? { params } : {}),
    ...(has(query) ? { query } : {}),
    ...(takesBytes === true
      ? { body: { required: true, content: { "application/octet-stream": { schema: BYTES } } } }
      : json),
  };
}

function register(route: ApiRoute): void {
  const { method, path, operationId, summary, description, tag, permission, responses, headers, deprecated } = route;
  const parameters = Object.entries(headers ?? {}).map(([name, text]) => ({
    name,
    in: "header" as const,
    required: false,
    description: text,
    schema: { type: "string" as const },
  }));
  documentation.openAPIRegistry.registerPath({
    method,
    path,
    operationId,
    summary,
    description,
    tags: [tag],
    security: permission === null ? [] : [{ apiKey: [] }, { accessToken: [] }],
    // Of a public operation there is none.
    ...(permission === null ? {} : { "x-required-permission": permission }),
    ...(deprecated === undefined ? {} : { deprecated: true }),
    ...(parameters.length === 0 ? {} : { parameters }),
    request: requestOf(route),
    responses: Object.fromEntries([
      ...Object.entries(responses).map(([status, spec]) => [status, success(spec)]),
      ...problems(problemCodes(route)),
    ]),
  });
}

type Document = ReturnType<typeof documentation.getOpenAPI31Document>;

let made: Document | null = null;

/** Made at the first call; the table is the same for every app. */
export function openApiDocument(routes: readonly ApiRoute[]): Document {
  if (made !== null) return made;
  documentation.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description: "An API key of the tenant",
  });
  documentation.openAPIRegistry.registerComponent("securitySchemes", "accessToken", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "An access token of a signed-in user; it ends after 30 minutes and is renewed by the refresh token",
  });
  for (const route of routes) register(route);
  made = documentation.getOpenAPI31Document(INFO);
  return made;
}
