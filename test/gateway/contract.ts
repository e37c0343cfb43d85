/** What the document and the routes allow an answer to be; an answer is judged against it. */
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ERRORS } from "../../shared/errors/codes.ts";
import { type ApiRoute, problemCodes } from "../../workers/api/route.ts";
import { openApiDocument } from "../../workers/api/openapi.ts";
import { DESCRIBED, ROUTES } from "../../workers/api/routes/table.ts";
import type { RawAnswer } from "./raw-request.ts";

type Operation = { readonly operationId: string; readonly responses: Readonly<Record<string, unknown>> };
export type Described = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

/** The file as it is published. */
export const publishedDocument = async (): Promise<Described> =>
  JSON.parse(await readFile(join(import.meta.dirname, "../../openapi.json"), "utf8")) as Described;

// A CommonJS module: its function is the default of the default where types are read as a bundler reads them.
const addFormats = formats as unknown as (ajv: Ajv2020) => void;
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(JSON.parse(JSON.stringify(openApiDocument(DESCRIBED))) as object, "api");

const escaped = (part: string): string => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** What is wrong with a JSON body by the schema at this place of the document; null for nothing. */
function misfit(place: readonly string[], body: unknown): string | null {
  const validate = ajv.getSchema(`api#/${place.map(escaped).join("/")}`);
  if (validate === undefined) return `the document has no schema at ${place.join(" ")}`;
  return validate(body) === true ? null : ajv.errorsText(validate.errors);
}

/** Which statuses the route may answer with, and the codes of its problems. */
export function documentedOf(route: ApiRoute) {
  const codes: readonly string[] = problemCodes(route);
  const successes = Object.keys(route.responses).map(Number);
  return { codes, statuses: new Set([...successes, ...problemCodes(route).map((code) => ERRORS[code].status)]) };
}

/** What a request may meet that no route takes. */
const NO_ROUTE: readonly string[] = [
  "not_found",
  "method_not_allowed",
  "unauthorized",
  "tenant_suspended",
  "rate_limited",
];

const SECURITY = {
  "x-content-type-options": /^nosniff$/,
  "referrer-policy": /^no-referrer$/,
  "cross-origin-resource-policy": /^same-origin$/,
  "x-frame-options": /^DENY$/,
  "content-security-policy": /default-src 'none'/,
  "cache-control": /./,
} as const;

type Judged = {
  /** Null when no route takes the path with this method. */
  readonly route: ApiRoute | null;
  /** Of the request. */
  readonly method: string;
  readonly answer: RawAnswer;
};

/** Everything that is wrong with an answer; empty for nothing. */
export function faultsOf({ route, method, answer: { status, headers, body } }: Judged): string[] {
  const documented = route === null ? null : documentedOf(route);
  const faults = securityFaultsOf({ headers });
  if (!/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(headers["traceparent"] ?? "")) faults.push("no traceparent");
  if (status >= 500) faults.push(`status ${status}`);
  if (documented !== null && !documented.statuses.has(status)) faults.push(`status ${status} is not documented`);
  if (method === "HEAD") return body === "" ? faults : [...faults, "HEAD with a body"];
  if (status >= 400) return [...faults, ...problemFaults(documented?.codes ?? NO_ROUTE, headers, body)];
  if (route === null) return [...faults, `status ${status} where nothing is`];
  return [...faults, ...bodyFaults(route, status, headers, body)];
}

/** What every answer carries, whoever gave it. */
export function securityFaultsOf({ headers }: Pick<RawAnswer, "headers">): string[] {
  const faults: string[] = [];
  for (const [name, wanted] of Object.entries(SECURITY)) {
    if (!wanted.test(headers[name] ?? "")) faults.push(`${name} is ${headers[name]}`);
  }
  if (!/^[0-9A-Za-z][0-9A-Za-z._-]{7,63}$/.test(headers["x-request-id"] ?? "")) faults.push("no x-request-id");
  return faults;
}

function problemFaults(codes: readonly string[], headers: RawAnswer["headers"], body: string): string[] {
  if (headers["content-type"] !== "application/problem+json") return [`a problem as ${headers["content-type"]}`];
  const problem = JSON.parse(body) as { code: string; type: string; requestId: string };
  const wrong = misfit(["components", "schemas", "Problem"], problem);
  return [
    ...(wrong === null ? [] : [`problem: ${wrong}`]),
    ...(codes.includes(problem.code) ? [] : [`code ${problem.code} is not documented`]),
    ...(problem.type === `/problems/${problem.code}` ? [] : [`type ${problem.type}`]),
    ...(problem.requestId === headers["x-request-id"] ? [] : ["requestId is not that of the header"]),
  ];
}

/** JSON of a described route fits its schema. */
function bodyFaults(route: ApiRoute, status: number, headers: RawAnswer["headers"], body: string): string[] {
  const json = headers["content-type"]?.startsWith("application/json") === true;
  if (!json || route.responses[status]?.schema === undefined) return [];
  const place = ["responses", String(status), "content", "application/json", "schema"];
  const wrong = misfit(["paths", route.path, route.method, ...place], JSON.parse(body));
  return wrong === null ? [] : [`body: ${wrong}`];
}

const PATTERNS = ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

/** The first route that takes the path of a request by this method, as a server reads a path: without dots and decoded. */
export function routeOf(origin: string, method: string, path: string): ApiRoute | null {
  const pathname = decoded(new URL(origin + path).pathname);
  const read = method === "HEAD" ? "GET" : method;
  const fits = PATTERNS.filter(({ route }) => route.method.toUpperCase() === read);
  return fits.find(({ pattern }) => pattern.test(pathname))?.route ?? null;
}

function decoded(pathname: string): string {
  try {
    return decodeURI(pathname);
  } catch {
    return pathname; // No UTF-8: taken as it is written.
  }
}
