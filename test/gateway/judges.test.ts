/** Those who judge answers find each fault that is planted in one, and none in an answer that is right. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ROUTES } from "../../workers/api/routes/table.ts";
import { faultsOf, routeOf } from "./contract.ts";
import { fuzz } from "./fuzz.ts";
import { type DoorRequest, doorFaultsOf } from "./hostile-side-doors.ts";
import type { RawAnswer, RawRequest, Send } from "./raw-request.ts";

const HEADERS = {
  "content-type": "application/problem+json",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
  "content-security-policy": "default-src 'none'",
  "cache-control": "no-store",
  "x-request-id": "req_01K5Q3V9W2X4Y6Z8A0B1C2D3E4",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
};

function problem(status: number, code: string, over: Readonly<Record<string, unknown>> = {}): RawAnswer {
  const requestId = HEADERS["x-request-id"];
  const body = { type: `/problems/${code}`, title: "x", status, detail: "x", code, fix: "x", requestId, ...over };
  return { status, headers: HEADERS, body: JSON.stringify(body) };
}

const without = (name: keyof typeof HEADERS, answer: RawAnswer): RawAnswer => {
  const { [name]: _gone, ...headers } = answer.headers;
  return { ...answer, headers };
};

describe("an answer of the API", () => {
  const route = ROUTES.find(({ operationId }) => operationId === "getAsset") ?? null;
  const judged = (answer: RawAnswer): string[] => faultsOf({ route, method: "GET", answer });
  const right = problem(404, "not_found");

  it("is found right when it is", () => {
    expect(judged(right)).toEqual([]);
  });

  it.each([
    ["a fault of the server", problem(500, "internal"), "status 500"],
    ["a status that the document does not name", problem(418, "not_found"), "status 418 is not documented"],
    ["a code of another route", problem(404, "weak_password"), "code weak_password is not documented"],
    [
      "a page instead of a problem",
      { ...right, headers: { ...HEADERS, "content-type": "text/html" } },
      "a problem as text/html",
    ],
    ["a problem without a fix", problem(404, "not_found", { fix: undefined }), "problem: "],
    ["another id than the header's", problem(404, "not_found", { requestId: "req_other000" }), "requestId is not"],
    ["no security header", without("x-frame-options", right), "x-frame-options is undefined"],
    ["no trace", without("traceparent", right), "no traceparent"],
    [
      "a body of another shape",
      { ...right, status: 200, headers: { ...HEADERS, "content-type": "application/json" }, body: "{}" },
      "body: ",
    ],
  ] as const)("has %s", (_what, answer, fault) => {
    expect(judged(answer).join("; ")).toContain(fault);
  });

  it("that is wrong for one path only is found by the fuzzer, by the smallest path that has it", async () => {
    const requests: fc.Arbitrary<RawRequest> = fc
      .tuple(fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 12 }), fc.constantFrom("", "c", "%00"))
      .map(([id, end]) => ({ method: "GET", path: `/v1/assets/x${id}${end}`, headers: {}, body: null }));
    const page = { status: 500, headers: { ...HEADERS, "content-type": "text/html" }, body: "at handle (index.js:1)" };
    const send: Send = async ({ path }) => (path.includes("%00") ? page : right);
    const judge = ({ method, path }: RawRequest, answer: RawAnswer): string[] =>
      faultsOf({ route: routeOf("http://localhost", method, path), method, answer });
    const { findings } = await fuzz({ requests, send, faultsOf: judge, seed: 7 }, { count: 300, concurrency: 4 });
    expect(findings).toMatchObject([
      { faults: "status 500; a problem as text/html", request: { path: "/v1/assets/x%00" }, failedAgain: true },
    ]);
  });
});

describe("an answer of a door beside the API", () => {
  const asked = (over: Partial<DoorRequest>): DoorRequest => ({
    door: "report",
    method: "POST",
    path: "/callbacks/jobs/x",
    headers: {},
    body: "{}",
    opens: false,
    ...over,
  });
  const refused = problem(401, "invalid_token");

  it("is found right when it is", () => {
    expect(doorFaultsOf(asked({}), refused)).toEqual([]);
    expect(doorFaultsOf(asked({ opens: true }), { ...refused, status: 200, body: "{}" })).toEqual([]);
  });

  it.each([
    ["a success for who shows nothing", {}, { ...refused, status: 200, body: "{}" }, "let in with 200"],
    ["a fault of the server", { opens: true }, problem(500, "internal"), "status 500"],
    ["a refusal of another door", { opens: true }, problem(401, "unauthorized"), "report: 401 unauthorized"],
    ["a success of another door", { opens: true }, { ...refused, status: 201, body: "{}" }, "report: 201"],
    ["no security header", {}, without("content-security-policy", refused), "content-security-policy is undefined"],
  ] as const)("has %s", (_what, over, answer, fault) => {
    expect(doorFaultsOf(asked(over), answer).join("; ")).toContain(fault);
  });
});
