/** Requests that no client of ours would send, drawn around the routes that there are. */
import * as fc from "fast-check";
import type { ApiRoute } from "../../workers/api/route.ts";
import { ROUTES } from "../../workers/api/routes/table.ts";
import { ENDS_SESSION } from "./crawl.ts";
import type { RawRequest } from "./raw-request.ts";
import type { Tenants } from "./tenants.ts";

const OVERSIZED_BYTES = 70_000;
const DEEP = 5_000;

/** Text at the edges of what programs take for text. Lone surrogates and all of Unicode come from `fc.string`. */
const ODD_TEXT = [
  "",
  " ",
  "\0",
  "a\0b",
  "\u202e",
  "\ufeff",
  "%",
  "%00",
  "..",
  "../../etc/passwd",
  "'; DROP TABLE assets; --",
  "<script>",
  "{{7*7}}",
  "${x}",
  "__proto__",
  "constructor",
  "null",
  "undefined",
  "NaN",
  "true",
  "[]",
  "x".repeat(600),
  "\ud83d\ude00",
  "e\u0301".repeat(200),
  "\u0000\uffff",
] as const;
const ODD_NUMBER_TEXT = [
  ..."0,-0,-1,1,1.5,1e3,1e400,-1e400,2147483647,2147483648,4294967296,9007199254740991".split(","),
  ..."9007199254740993,99999999999999999999,0x10,0b1,1_000,٣, 1 ,+1,Infinity,-Infinity".split(","),
];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e308,
  [],
  {},
  [[]],
  { a: 1 },
  ...ODD_TEXT,
];

const oddText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<string>(...ODD_TEXT) },
  { weight: 2, arbitrary: fc.constantFrom<string>(...ODD_NUMBER_TEXT) },
  { weight: 2, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
);
const oddValue = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ODD_VALUES) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);

/** Escaped as a client would, or with raw dots and slashes, or with bytes that are no UTF-8. Raw bytes above ASCII end at the server. */
const segment = fc.oneof(
  { weight: 6, arbitrary: oddText.map((text) => encodeURIComponent(text.toWellFormed())) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ..."..,.,%2e%2e,%2F,%5c,..%2f..%2f,%00,%ff,%c0%af,%E0%80,%,%zz,%25%30%30,;a=b,:,@,*,a%0d%0ab".split(","),
      "%F0%9F%98%80",
      "a".repeat(3_000),
    ),
  },
);

const IDS_OF_NOBODY = ["ast_99999999999999999999999999", "job_99999999999999999999999999", "usr_x", "99999999"];

function pathOf(route: ApiRoute, ids: Tenants["ids"]): fc.Arbitrary<string> {
  const parts = route.path.split("/").map((part) => {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name === undefined) return fc.constant(part);
    return fc.oneof(
      { weight: 6, arbitrary: fc.constant(ids[name] ?? "x") },
      { weight: 1, arbitrary: fc.constantFrom(...IDS_OF_NOBODY) },
      { weight: 3, arbitrary: segment },
    );
  });
  const tail = fc.oneof(
    { weight: 30, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.constantFrom("/", "//", "/.", "/..", "%20", ";x", "/x/y") },
  );
  return fc.tuple(fc.tuple(...parts), tail).map(([given, end]) => given.join("/") + end);
}

/** Nobody's patience is tested: what waits is asked to wait for nothing. */
const NO_WAIT = ["0", "-1", "x", "", "1e9", "31", "1.5"];

function queryOf(route: ApiRoute): fc.Arbitrary<string> {
  const names = Object.keys(route.query.shape);
  const good: Readonly<Record<string, string>> = { q: "canary", limit: "2", purge: "false", format: "csv" };
  const pair = (name: fc.Arbitrary<string>) =>
    name.chain((chosen) =>
      (/wait/i.test(chosen)
        ? fc.constantFrom(...NO_WAIT)
        : fc.oneof({ weight: 2, arbitrary: oddText }, { weight: 1, arbitrary: fc.constant(good[chosen] ?? "1") })
      ).map((value) => `${encodeURIComponent(chosen)}=${encodeURIComponent(value.toWellFormed())}`),
    );
  const known = names.length === 0 ? fc.constant("surprise") : fc.constantFrom(...names);
  const needed = names.filter((name) => good[name] !== undefined).map((name) => `${name}=${good[name]}`);
  return fc.oneof(
    // The query is read before the body, so the body is met by a query that fits.
    { weight: route.body === null ? 4 : 40, arbitrary: fc.constant(needed.join("&")) },
    { weight: 4, arbitrary: fc.array(pair(known), { minLength: 1, maxLength: 3 }).map((pairs) => pairs.join("&")) },
    // One parameter beside those that are needed, so that the query is read to its end.
    { weight: 4, arbitrary: pair(known).map((one) => [...needed, one].join("&")) },
    { weight: 1, arbitrary: fc.constantFrom("surprise=1", "&&&", "=", "?", "%", "a[b]=c", "limit=1&limit=2") },
  );
}

/** The document's example with one member changed, added or left out; or something else altogether. */
function jsonOf(route: ApiRoute): fc.Arbitrary<string> {
  const example = (route.bodyExample ?? {}) as Readonly<Record<string, unknown>>;
  const names = [...new Set([...Object.keys(example), ...shapeOf(route), "surprise", "__proto__"])];
  const changed = fc.tuple(fc.constantFrom(...names), oddValue).map(([name, value]) => {
    const members = Object.entries(example).filter(([each]) => each !== name);
    const all = [...members, [name, value] as const].map(([key, each]) => `${JSON.stringify(key)}:${toJson(each)}`);
    return `{${all.join(",")}}`;
  });
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(JSON.stringify(example)) },
    { weight: 8, arbitrary: changed },
    { weight: 2, arbitrary: oddValue.map(toJson) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        "",
        "{",
        "{}",
        "nul",
        '{"a":1,}',
        '{"name":"\\ud800"}',
        '{"name":1e999}',
        `${"[".repeat(DEEP)}${"]".repeat(DEEP)}`,
        `${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}`,
        JSON.stringify({ name: "x".repeat(OVERSIZED_BYTES) }),
        '{"name":"a","name":"b"}',
        "\ufeff{}",
      ),
    },
  );
}

const shapeOf = ({ body }: ApiRoute): readonly string[] =>
  body !== null && "shape" in body ? Object.keys(body.shape as object) : [];
const toJson = (value: unknown): string => JSON.stringify(value);

const printable = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((at) => String.fromCharCode(at)) });
/** Values per header: near what the gateway reads, and far from it. */
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  "if-match": ["*", '"v1"', '"v0"', 'W/"v1"', '"v99999999999999999999"', "v1", '"v1", "v2"', "", '"', "\u00ff"],
  "if-none-match": ["*", '"v1"', 'W/"1"', '"', ",", "", "*, *"],
  "if-range": ['"x"', "Wed, 25 Nov 2026 00:00:00 GMT", 'W/"x"', ""],
  range: [
    "bytes=0-0",
    "bytes=-1",
    "bytes=5-1",
    "bytes=0-",
    "bytes=99999999999999999999-",
    "bytes=0-1,3-4",
    "x",
    "bytes=-",
  ],
  "idempotency-key": ["a", "k1", "k2", "", "x".repeat(255), "x".repeat(256), "a b", "\u00e9", "../x"],
  traceparent: [
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-0000000000000000-00",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-xyz",
    "",
  ],
  prefer: ["wait=0", "wait=-1", "wait", "wait=x", "respond-async", 'wait="0"', ";;,", "wait=0, wait=0"],
  "x-request-id": ["trace-12345", "a", "a b c d e f g h", "x".repeat(65), "<script>alert(1)</script>", "req_1;DROP"],
  origin: ["null", "https://evil.example", "x", ""],
  "access-control-request-method": ["POST", "x"],
  accept: ["*/*", "text/html", "x", "application/json;q=0"],
  "accept-encoding": ["gzip", "identity", "br, gzip;q=0.5"],
  "cf-connecting-ip": ["192.0.2.1", "::1", "x", "1.2.3.4, 5.6.7.8"],
  "x-forwarded-for": ["127.0.0.1"],
  "x-http-method-override": ["DELETE"],
  "content-encoding": ["gzip", "x"],
  "user-agent": ["", "x".repeat(2_000)],
};

const CONTENT_TYPES = [
  "application/json",
  "application/json",
  "application/json",
  "application/json; charset=utf-16",
  "text/plain",
  "",
  "application/jsonx",
  "APPLICATION/JSON",
  "multipart/form-data",
  "application/problem+json",
  "x",
];

const headersOf = fc
  .array(
    fc
      .constantFrom(...Object.keys(HEADERS))
      .chain((name) =>
        fc
          .oneof(
            { weight: 5, arbitrary: fc.constantFrom(...(HEADERS[name] ?? [])) },
            { weight: 1, arbitrary: printable },
          )
          .map((value) => [name, value] as const),
      ),
    { maxLength: 3 },
  )
  .map((pairs) => Object.fromEntries(pairs) as Record<string, string>);

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"];

/** Access tokens of admins: of the first tenant and of the platform. */
type Sessions = { readonly owner: string; readonly platform: string };

function requestsTo(route: ApiRoute, { keys, ids }: Tenants, sessions: Sessions): fc.Arbitrary<RawRequest> {
  const own = route.method.toUpperCase();
  const method = fc.oneof(
    { weight: 12, arbitrary: fc.constant(own) },
    { weight: 1, arbitrary: fc.constantFrom(...METHODS) },
  );
  const bySession = route.permission === "account:self" && !ENDS_SESSION.has(route.operationId);
  const byKey = route.permission === "platform:operate" ? sessions.platform : keys.admin;
  const best = bySession ? sessions.owner : byKey;
  const credential = fc.oneof(
    { weight: 12, arbitrary: fc.constant<string | null>(`Bearer ${best}`) },
    { weight: 2, arbitrary: fc.constantFrom<string | null>(`Bearer ${keys.stranger}`, `Bearer ${keys.reader}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<string | null>(null, "", "Bearer", "Bearer \u00ff", `bearer ${keys.admin}`),
    },
    { weight: 1, arbitrary: printable.map((text) => `Bearer ${text}`) },
  );
  const bytes = fc.uint8Array({ maxLength: 200 });
  const body = route.takesBytes === true ? bytes : route.body === null ? fc.constant("") : jsonOf(route);
  return fc
    .record({
      method,
      path: pathOf(route, ids),
      query: queryOf(route),
      credential,
      headers: headersOf,
      contentType: fc.constantFrom(...CONTENT_TYPES),
      body,
    })
    .map((drawn) => {
      const empty = drawn.body.length === 0 || ["GET", "HEAD", "TRACE"].includes(drawn.method);
      return {
        method: drawn.method,
        path: drawn.query === "" ? drawn.path : `${drawn.path}?${drawn.query}`,
        headers: {
          ...drawn.headers,
          ...(drawn.credential === null ? {} : { authorization: drawn.credential }),
          ...(drawn.contentType === "" ? {} : { "content-type": drawn.contentType }),
        },
        body: empty ? null : drawn.body,
      };
    });
}

/** What lies beside the routes: other paths, and routes read in another way than they are written. */
const strayPaths = fc.oneof(
  fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
  fc.array(segment, { maxLength: 3 }).map((parts) => `/v1/${parts.join("/")}`),
  fc.constantFrom(
    "/V1/assets",
    "/v1//assets",
    "/v1/assets/",
    "//v1/assets",
    "/v1/%61ssets",
    "/v1/assets%2f",
    "/v1",
    "/v1/",
    "/health/",
    "/health%00",
    "/docs/../v1/assets",
    "/docs/assets/..%2f..%2findex.js",
    "/v2/assets",
    "/.env",
    "/",
    "/docs/assets/",
    "/problems/",
    "/problems/__proto__",
    "/problems/constructor",
    "/problems/toString",
  ),
);

/** Draws requests around the routes; one in ten goes beside them. */
export function hostileRequests(tenants: Tenants, sessions: Sessions): fc.Arbitrary<RawRequest> {
  const toRoutes = fc.constantFrom(...ROUTES).chain((route) => requestsTo(route, tenants, sessions));
  const stray = fc
    .tuple(strayPaths, fc.constantFrom(...METHODS), headersOf, fc.boolean())
    .map(([path, method, headers, known]) => ({
      method,
      path,
      headers: { ...headers, ...(known ? { authorization: `Bearer ${tenants.keys.admin}` } : {}) },
      body: null,
    }));
  return fc.oneof({ weight: 9, arbitrary: toRoutes }, { weight: 1, arbitrary: stray });
}
