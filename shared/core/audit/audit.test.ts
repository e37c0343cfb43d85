import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../canonical-json.ts";
import { AUDIT_EVENTS, eventOfAnswer, eventOfOperation, outcomeOf, severityOf } from "./catalogue.ts";
import { csvFile } from "./export.ts";
import { redact, SECRET_WORDS } from "./redact.ts";
import { count, sightingsOf } from "./suspicion.ts";

const CANARY = "canary-9f2c";

describe("redaction", () => {
  it("R1: no value of a secret's name stays, wherever it stands and however the name is written", () => {
    const secretName = fc
      .tuple(fc.string(), fc.constantFrom(...SECRET_WORDS), fc.string(), fc.boolean())
      .map(([before, word, after, upper]) => `${before}${upper ? word.toUpperCase() : word}${after}`);
    const hidden = fc.oneof(
      fc.constant<unknown>(CANARY),
      fc.constant<unknown>([CANARY]),
      fc.constant<unknown>({ a: { b: CANARY } }),
    );
    const place = fc.array(fc.oneof(fc.constant(0), fc.stringMatching(/^[a-d]{1,5}$/)), { maxLength: 6 });
    fc.assert(
      fc.property(secretName, hidden, place, fc.jsonValue(), (name, value, path, other) => {
        const inner: unknown = { other, ...Object.fromEntries([[name, value]]) };
        const whole = path.reduceRight<unknown>((held, step) => (step === 0 ? [held] : { [step]: held }), inner);
        expect(canonicalJson(redact(whole))).not.toContain(CANARY);
      }),
      { numRuns: 2_000 },
    );
  });

  it("R2: credentials of this system go, whatever their name", () => {
    const note =
      "used aima_01M85NKE4DP0_ABCDEFGHJKMNPQRS and Bearer abcdefgh1234 and eyJhbGciOiJFZERTQSJ9.eyJzdWIi.c2ln";
    expect(redact({ note })).toEqual({ note: "used [redacted] and [redacted] and [redacted]" });
  });

  it("R3: is never longer than 5,000 characters, and a text never longer than 1,000", () => {
    expect(redact("x".repeat(1_001))).toBe(`${"x".repeat(999)}…`);
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 400 }), (value, times) => {
        expect(canonicalJson(redact(Array.from({ length: times }, () => value))).length).toBeLessThanOrEqual(5_000);
      }),
      { numRuns: 500 },
    );
    const quotes = redact(Array.from({ length: 100 }, () => '"\\'.repeat(400)));
    expect(canonicalJson(quotes).length).toBeLessThanOrEqual(5_000);
    expect(quotes).toMatchObject({ truncated: true });
  });
});

describe("the catalogue", () => {
  it("names operations, and refusals of their own", () => {
    expect(eventOfOperation("createAsset", "POST", "/v1/assets")).toBe("media.created");
    expect(eventOfOperation("anything", "DELETE", "/v1/api-keys/{keyId}")).toBe("security.api_key_revoked");
    expect(eventOfOperation("constructor", "POST", "/v1/other")).toBe("request.made");
    expect(eventOfAnswer("auth.login", 401)).toBe("auth.login_failed");
    expect(eventOfAnswer("media.deleted", 403)).toBe("access.denied");
    expect(eventOfAnswer("media.deleted", 409)).toBe("media.deleted");
    expect([201, 302, 404, 429, 500].map(outcomeOf)).toEqual(["success", "success", "refused", "refused", "failure"]);
    expect([severityOf("media.created", "success"), severityOf("media.created", "refused")]).toEqual(["low", "medium"]);
    expect(new Set(AUDIT_EVENTS).size).toBe(AUDIT_EVENTS.length);
  });
});

describe("suspicion", () => {
  const noon = Date.parse("2026-01-02T12:00:00.000Z");
  const seen = { event: "media.deleted", outcome: "success", address: "192.0.2.1" } as const;

  it("is raised by the fifth failed login of an address within an hour, and then counts anew", () => {
    let times: readonly number[] = [];
    const raised = Array.from({ length: 11 }, (_, i) => {
      const counted = count("failed_logins", times, noon + i);
      times = counted.times;
      return counted.raised;
    });
    expect(raised.flatMap((each, i) => (each ? [i + 1] : []))).toEqual([5, 10]);
    const slow = [0, 1, 2, 3].map((i) => noon + i);
    expect(count("failed_logins", slow, noon + 3_600_000)).toEqual({
      raised: false,
      times: [noon + 1, noon + 2, noon + 3, noon + 3_600_000],
    });
  });

  it("S2: knows hours and pace of people only", () => {
    const night = Date.parse("2026-01-02T23:00:00.000Z");
    const user = { kind: "user", id: "usr_1" };
    expect(sightingsOf({ ...seen, actor: user }, night).map(({ rule }) => rule)).toEqual([
      "rapid_requests",
      "unusual_hours",
      "many_assets",
    ]);
    expect(sightingsOf({ ...seen, actor: user }, noon).map(({ rule }) => rule)).toEqual([
      "rapid_requests",
      "many_assets",
    ]);
    expect(sightingsOf({ ...seen, actor: { kind: "api-key", id: "key_1" } }, night)).toEqual([]);
    const anonymous = { kind: "anonymous", id: null };
    expect(sightingsOf({ ...seen, event: "auth.login_failed", outcome: "refused", actor: anonymous }, noon)).toEqual([
      { rule: "failed_logins", subject: "192.0.2.1" },
    ]);
  });
});

describe("CSV", () => {
  it("quotes what has to be quoted and defuses formulas", () => {
    const rows = [{ a: '=HYPERLINK("x")', b: -1, c: null, d: { n: [1, "x"] } }];
    expect(csvFile(["a", "b", "c", "d"], rows)).toBe('a,b,c,d\r\n"\'=HYPERLINK(""x"")",-1,,"{""n"":[1,""x""]}"\r\n');
    for (const sign of ["=", "+", "-", "@", "\t", "\r", "\n"])
      expect(csvFile(["a"], [{ a: `${sign}1` }])).toContain("'");
  });
});
