import { openApiDocument } from "../../openapi.ts";
import { type ApiRoute, defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

/** The document describes the routes that it is given, not itself. */
export const openApiRoute = (described: () => readonly ApiRoute[]): ApiRoute =>
  defineRoute({
    method: "get",
    path: "/openapi.json",
    operationId: "getOpenApi",
    summary: "This API as OpenAPI 3.1",
    description: "This API as OpenAPI 3.1",
    tag: "system",
    permission: null,
    params: Nothing,
    query: Nothing,
    body: null,
    responses: { 200: { description: "The document" } },
    problems: [],
    handle: ({ c }) => c.json(openApiDocument(described()), 200, { "cache-control": "public, max-age=300" }),
  });
