/** The document as tools read it: every operation is named once, guarded, refusable and shown by examples that fit. */
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ERRORS } from "../../shared/errors/codes.ts";
import { makeWorld } from "./fakes/world.ts";
import { openApiDocument } from "./openapi.ts";
import { DESCRIBED } from "./routes/table.ts";

type Media = {
  readonly schema?: unknown;
  readonly example?: unknown;
  readonly examples?: Record<string, { value: unknown }>;
};
type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security: unknown;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, Media> }>;
};
type Document = {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
};

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const made = JSON.parse(JSON.stringify(openApiDocument(DESCRIBED))) as Document;
const ajv = new Ajv2020({ strict: false, allErrors: true });
(formats as unknown as (ajv: Ajv2020) => void)(ajv);
ajv.addSchema(made as object, "api");

const escaped = (part: string): string => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** What does not fit the schema at this place; empty for nothing. */
function misfits(place: readonly string[], value: unknown): string {
  const validate = ajv.compile({ $ref: `api#/${place.map(escaped).join("/")}` });
  return validate(value) ? "" : ajv.errorsText(validate.errors);
}

const operations = Object.entries(made.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: operation.operationId, path, method, operation })),
);
const permissions = new Map(DESCRIBED.map(({ operationId, permission }) => [operationId, permission]));

describe("the OpenAPI document", () => {
  it("is of version 3.1 and describes each route once", () => {
    expect(made.openapi).toBe("3.1.0");
    expect(operations.map(({ name }) => name).toSorted()).toEqual([...permissions.keys()].toSorted());
    expect(permissions.size).toBe(DESCRIBED.length);
  });

  it.each(operations)("says of $name what it does, who may, and what it is told", ({ name, path, operation }) => {
    expect(operation.summary.length).toBeGreaterThan(3);
    expect(operation.description.length).toBeGreaterThan(3);
    expect(made.tags.map((tag) => tag.name)).toContain(operation.tags[0]);
    expect(operation.security).toEqual(permissions.get(name) === null ? [] : [{ apiKey: [] }, { accessToken: [] }]);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
    const described = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
    expect(described.map((parameter) => parameter.name)).toEqual(named);
  });

  it.each(operations)("names refusals of $name with an example each", ({ path, method, operation }) => {
    const refusals = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400);
    expect(refusals.some(([status]) => status.startsWith("4"))).toBe(true);
    for (const [status, { content }] of refusals) {
      const examples = Object.entries(content?.["application/problem+json"]?.examples ?? {});
      expect(examples.length, status).toBeGreaterThan(0);
      const place = ["paths", path, method, "responses", status, "content", "application/problem+json", "schema"];
      for (const [code, { value }] of examples) {
        expect(value).toMatchObject({ code, status: Number(status), type: `/problems/${code}` });
        expect(misfits(place, value), code).toBe("");
      }
    }
  });

  it.each(operations)("shows bodies of $name that fit their schemas", ({ path, method, operation }) => {
    const asked = Object.entries({ requestBody: operation.requestBody }).map(([part, spec]) => ({
      place: [part],
      spec,
    }));
    const answered = Object.entries(operation.responses)
      .filter(([status]) => status.startsWith("2"))
      .map(([status, spec]) => ({ place: ["responses", status], spec }));
    for (const { place, spec } of [...asked, ...answered]) {
      const json = spec?.content?.["application/json"];
      if (json === undefined) continue;
      expect(json.example, `${place.join(" ")} has no example`).toBeDefined();
      const schema = ["paths", path, method, ...place, "content", "application/json", "schema"];
      expect(misfits(schema, json.example), place.join(" ")).toBe("");
    }
    expect(operation.responses).not.toEqual({});
  });

  it.each(Object.keys(ERRORS))("points with %s to a page that explains it", async (code) => {
    const { call } = makeWorld();
    const page = await call(`/problems/${code}`, { key: null });
    expect(page.status).toBe(200);
    expect(await page.json()).toMatchObject({ code, fix: expect.stringMatching(/^[A-Z`].{8,}/) as string });
  });
});
