/**
 * Requests that nobody should send to the doors beside the API: those of agents, of attempts and files with their signed
 * addresses, and of the operator who makes the first tenant.
 */
import * as fc from "fast-check";
import { signToken } from "../../shared/tokens/signed-token.ts";
import { SECRETS } from "../support/secrets.ts";
import { securityFaultsOf } from "./contract.ts";
import type { RawAnswer, RawRequest } from "./raw-request.ts";

/** What one attempt was given, by its last part: whoever has it may. */
export type Grants = { readonly report: string; readonly read: string; readonly write: string };

export type DoorRequest = RawRequest & {
  readonly door: Door;
  /** Whether what is shown opens this door for this method and path. */
  readonly opens: boolean;
};

type Door = "register" | "lease" | "agents" | "report" | "read" | "write" | "bootstrap";

/** What each door may answer with, by hand from its description: status and code. */
const ANSWERS: Readonly<Record<Door, readonly string[]>> = {
  register: ["200", "401 unauthorized", "405 method_not_allowed", "422 invalid_request"],
  lease: ["200", "401 unauthorized", "404 not_found", "405 method_not_allowed", "422 invalid_request"],
  agents: ["401 unauthorized", "404 not_found", "405 method_not_allowed"],
  report: [
    "200",
    "401 invalid_token",
    "404 not_found",
    "405 method_not_allowed",
    "409 attempt_superseded",
    "409 too_many_held_reports",
    "422 invalid_request",
    "429 too_many_held_reports",
  ],
  read: ["200", "206", "401 invalid_token", "404 not_found", "405 method_not_allowed", "416 range_not_satisfiable"],
  write: [
    "201",
    "401 invalid_token",
    "404 not_found",
    "405 method_not_allowed",
    "413 payload_too_large",
    "422 invalid_request",
    "422 size_mismatch",
  ],
  bootstrap: [
    "201",
    "401 unauthorized",
    "405 method_not_allowed",
    "409 idempotency_conflict",
    "422 invalid_request",
    "422 weak_password",
  ],
};

/** Everything that is wrong with an answer; empty for nothing. */
export function doorFaultsOf({ door, method, opens }: DoorRequest, answer: RawAnswer): string[] {
  const { status, headers, body } = answer;
  const faults = securityFaultsOf({ headers: { ...headers, "x-request-id": headers["x-request-id"] ?? "req_none0" } });
  if (status >= 500) faults.push(`status ${status}`);
  if (!opens && status < 400) faults.push(`let in with ${status}`);
  if (method === "HEAD") return faults;
  if (status < 400) return ANSWERS[door].includes(String(status)) ? faults : [...faults, `${door}: ${status}`];
  if (headers["content-type"] !== "application/problem+json")
    return [...faults, `a problem as ${headers["content-type"]}`];
  const { code, requestId, fix } = JSON.parse(body) as Readonly<Record<string, unknown>>;
  if (!ANSWERS[door].includes(`${status} ${String(code)}`)) faults.push(`${door}: ${status} ${String(code)}`);
  if (requestId !== headers["x-request-id"]) faults.push("requestId is not that of the header");
  if (typeof fix !== "string" || fix === "") faults.push("a problem without a fix");
  return faults;
}

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  "",
  "\0",
  "__proto__",
  "x".repeat(5_000),
  [],
  {},
  [[]],
  [null],
  { a: { b: [] } },
];
const BROKEN = ["", "{", "nul", "[]", "{}", '{"a":1,}', "\ufeff{}", `${"[".repeat(4_000)}${"]".repeat(4_000)}`];

/** An example with one member changed, at the top or one below, added or left out; or no JSON of that kind at all. */
function bodies(example: Readonly<Record<string, unknown>>): fc.Arbitrary<string> {
  const odd = fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 2 }));
  const changed = fc
    .tuple(fc.constantFrom(...Object.keys(example), "surprise"), odd)
    .map(([name, value]) => JSON.stringify({ ...example, [name]: value }));
  const without = fc
    .constantFrom(...Object.keys(example))
    .map((name) => JSON.stringify(Object.fromEntries(Object.entries(example).filter(([each]) => each !== name))));
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(JSON.stringify(example)) },
    { weight: 6, arbitrary: changed },
    { weight: 2, arbitrary: without },
    { weight: 2, arbitrary: fc.constantFrom(...BROKEN) },
  );
}

const AT = "2026-01-01T00:00:00.000Z";
const REGISTRATION = {
  agentId: "agt_fuzz",
  version: "1",
  engines: [{ name: "cpu", operations: ["ocr"] }],
  concurrency: 1,
};
const BLOB = { key: "x", sizeBytes: 1, sha256: "a".repeat(64) };
const REPORTS: readonly Readonly<Record<string, unknown>>[] = [
  { type: "hello", agentId: "agt_fuzz", resumedFrom: null },
  { type: "heartbeat" },
  { type: "progress", fraction: 0.5, step: null, segment: null },
  { type: "checkpoint", blob: BLOB, fraction: 0.5, nextSegment: 1 },
  { type: "partial", step: "ocr", status: "succeeded", reason: null, metadata: null, insights: [], insightsBlob: null },
  { type: "partial", step: "ocr", status: "succeeded", reason: null, metadata: null, insights: [], insightsBlob: BLOB },
  { type: "nothing" },
];
const seqs = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 1.5, 300, 2 ** 31, 2 ** 53) },
);
const report = fc.tuple(fc.constantFrom(...REPORTS), seqs).chain(([each, seq]) => bodies({ seq, at: AT, ...each }));
const batch = fc.oneof(
  { weight: 6, arbitrary: fc.array(report, { maxLength: 4 }).map((all) => `{"reports":[${all.join(",")}]}`) },
  { weight: 2, arbitrary: bodies({ reports: [{ seq: 1, at: AT, type: "heartbeat" }] }) },
  {
    weight: 1,
    arbitrary: fc.constant(
      JSON.stringify({
        reports: Array.from({ length: 300 }, (_each, at) => ({ seq: at + 2, at: AT, type: "heartbeat" })),
      }),
    ),
  },
);

/** Tokens that open nothing: of another use, of another time, by another key, or changed by a hand. */
async function forgeries(grants: Grants): Promise<Readonly<Record<"report" | "read" | "write", readonly string[]>>> {
  const keys = [{ id: "k1", secret: SECRETS.SIGNING_KEYS.split(":")[1] ?? "" }];
  const others = [{ id: "k1", secret: "another-secret-0123456789abcdef0123" }];
  const made = async (whole: string, uses: readonly string[]): Promise<readonly string[]> => {
    const [id = "", payload = "", mac = ""] = whole.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp: number };
    const written = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    return [
      ...uses,
      await signToken(keys, { ...claims, exp: 1 }),
      await signToken(others, claims),
      await signToken([{ id: "k9", secret: keys[0]?.secret ?? "" }], claims),
      await signToken(keys, Object.assign({ exp: claims.exp }, claims, { use: "surprise" })),
      await signToken(keys, { exp: claims.exp }),
      `${id}.${written({ ...claims, exp: claims.exp + 1 })}.${mac}`,
      `${id}.${written({ ...claims, tenant: "ten_stranger1", prefix: "", key: "" })}.${mac}`,
      `${id}.${payload}.${mac.slice(0, -1)}${mac.endsWith("A") ? "B" : "A"}`,
      `${id}.${payload}.`,
      `${id}.${payload}`,
      `none.${payload}.${mac}`,
      `${id}.${payload}.${mac}.${mac}`,
      `${whole}%00`,
      `${whole}%20`,
      "x",
      "%ff",
      "%2e%2e",
      "..%2f..%2fsecrets.json",
      "a".repeat(4_000),
    ];
  };
  const { report: own, read, write } = grants;
  return {
    report: await made(own, [read, write]),
    read: await made(read, [own, write]),
    write: await made(write, [own, read]),
  };
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
const methodsOf = (own: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(own) }, { weight: 1, arbitrary: fc.constantFrom(...METHODS) });
const headers = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  {},
  { "content-type": "application/json" },
  { "content-type": "text/plain; charset=utf-16" },
  { "x-request-id": "<script>" },
  { "content-encoding": "gzip" },
  { "user-agent": "x".repeat(2_000) },
  { "x-http-method-override": "DELETE" },
);
const RANGES = ["bytes=0-0", "bytes=-1", "bytes=5-1", "bytes=99999999999999999999-", "bytes=0-1,3-4", "x", "bytes=-"];
const NAMES = [
  "a.bin",
  "thumb.webp",
  "A.bin",
  "..",
  "..%2fother",
  "%00",
  "a%2fb",
  "x".repeat(81),
  "%ff",
  "a%20b",
  ".a",
  "-",
];

type Drawn = {
  readonly method: string;
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly given: object;
};

const requestOf = (door: Door, own: string, { method, path, body, given }: Drawn, right: boolean): DoorRequest => ({
  door,
  method,
  path,
  headers: given as Readonly<Record<string, string>>,
  body: body.length === 0 || ["GET", "HEAD"].includes(method) ? null : body,
  opens: right && method === own,
});

/** `Authorization` with this secret, or with something that is not it. */
const bearers = (secret: string): fc.Arbitrary<readonly [string | null, boolean]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant([`Bearer ${secret}`, true] as const) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom<string | null>(
          null,
          "",
          "Bearer",
          "Bearer ",
          `Bearer ${secret.slice(0, -1)}`,
          `Bearer ${secret}x`,
          `bearer ${secret}`,
          secret,
          `Basic ${Buffer.from(`a:${secret}`).toString("base64")}`,
          `Bearer ${SECRETS.SIGNING_KEYS}`,
          `Bearer ${"a".repeat(5_000)}`,
        )
        .map((text) => [text, false] as const),
    },
  );

function behindSecret(door: Door, path: string, secret: string, body: fc.Arbitrary<string>): fc.Arbitrary<DoorRequest> {
  return fc
    .record({ method: methodsOf("POST"), bearer: bearers(secret), given: headers, body })
    .map(({ method, bearer: [authorization, right], given, body: text }) =>
      requestOf(
        door,
        "POST",
        { method, path, body: text, given: { ...given, ...(authorization === null ? {} : { authorization }) } },
        right,
      ),
    );
}

/** Draws requests around what one attempt was given; about two in three show something that opens the door. */
export async function hostileDoorRequests(grants: Grants): Promise<fc.Arbitrary<DoorRequest>> {
  const forged = await forgeries(grants);
  const tokens = (use: keyof Grants): fc.Arbitrary<readonly [string, boolean]> =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([grants[use], true] as const) },
      { weight: 1, arbitrary: fc.constantFrom(...forged[use]).map((token) => [token, false] as const) },
    );
  const signed = (door: "report" | "read" | "write", own: string, body: fc.Arbitrary<string | Uint8Array>) =>
    fc
      .record({
        method: methodsOf(own),
        token: tokens(door),
        given: headers,
        range: fc.constantFrom(...RANGES),
        name: fc.constantFrom(...NAMES),
        body,
      })
      .map(({ token: [token, right], given, range, name, ...drawn }) => {
        const path = door === "report" ? `/callbacks/jobs/${token}` : `/blobs/${token}`;
        const whole = door === "write" ? `${path}/${name}` : path;
        const more = door === "read" ? { ...given, range } : given;
        return requestOf(door, own, { ...drawn, path: whole, given: more }, right);
      });
  const none = fc.constant("");
  const tenants = fc.constantFrom("ten_fuzz1", "ten_owner1", "ten_platform");
  const bootstrap = tenants.chain((tenant) =>
    bodies({ tenant, name: "Fuzz", email: "fuzz@example.com", password: "Fuzzy-Harbour-41-Lanterns" }),
  );
  return fc.oneof(
    { weight: 3, arbitrary: behindSecret("register", "/agents/register", SECRETS.AGENT_TOKEN, bodies(REGISTRATION)) },
    {
      weight: 3,
      // Nobody's patience is tested: no lease waits.
      arbitrary: behindSecret(
        "lease",
        "/agents/lease",
        SECRETS.AGENT_TOKEN,
        bodies({ agentId: "agt_fuzz", waitSeconds: 0 }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom("/agents/", "/agents/x", "/agents/lease/", "/agents/%00", "/agents/register/..")
        .chain((path) => behindSecret("agents", path, SECRETS.AGENT_TOKEN, none)),
    },
    { weight: 6, arbitrary: signed("report", "POST", batch) },
    { weight: 3, arbitrary: signed("read", "GET", none) },
    { weight: 4, arbitrary: signed("write", "PUT", fc.uint8Array({ minLength: 1, maxLength: 200 })) },
    { weight: 1, arbitrary: behindSecret("bootstrap", "/internal/bootstrap", SECRETS.BOOTSTRAP_SECRET, bootstrap) },
  );
}
