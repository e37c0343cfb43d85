/** Swagger UI, served by ourselves: nothing is loaded from anywhere else and no script stands in the page. */
import { z } from "zod";
import { problem } from "../../problem.ts";
import { type ApiRoute, type Call, defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";

// Swagger UI sets styles from script and shows its icons from data URLs.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AIMA API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>This page needs JavaScript; the API is described in <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });\n`;

const FILES = {
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "swagger-ui.css": "text/css; charset=utf-8",
} as const;
const FileParams = z.strictObject({ file: z.enum(["swagger-ui-bundle.js", "swagger-ui.css"]) });

function page<P extends z.ZodObject>(
  path: string,
  operationId: string,
  params: P,
  handle: (call: Call<z.output<P>, unknown, null>) => Promise<Response> | Response,
): ApiRoute {
  return defineRoute({
    method: "get",
    path,
    operationId,
    summary: "The documentation",
    description: "The documentation",
    tag: "system",
    permission: null,
    params,
    query: Nothing,
    body: null,
    responses: { 200: { description: "A part of the page" } },
    problems: [],
    handle,
  });
}

export const docsPage = page("/docs", "getDocs", Nothing, ({ c }) =>
  c.body(PAGE, 200, { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY }),
);

export const docsStart = page("/docs/start.js", "getDocsStart", Nothing, ({ c }) =>
  c.body(START, 200, { "content-type": "text/javascript; charset=utf-8" }),
);

export const docsFile = page("/docs/assets/{file}", "getDocsFile", FileParams, async ({ c, deps, params }) => {
  const found = await deps.docs?.fetch(new URL(`/docs/assets/${params.file}`, c.req.url).toString());
  if (found?.ok !== true) return problem(c, "not_found", "The documentation's files are not part of this deployment.");
  return new Response(found.body, {
    headers: { "content-type": FILES[params.file], "cache-control": "public, max-age=3600" },
  });
});
