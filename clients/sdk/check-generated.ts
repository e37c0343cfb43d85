/** Fails when the generated types are not those of openapi.json. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const text = COMMENT_HEADER + astToString(await openapiTS(new URL("../../openapi.json", import.meta.url)));
if ((await readFile(join(import.meta.dirname, "src/openapi.gen.ts"), "utf8")) !== text) {
  process.stderr.write(
    "clients/sdk/src/openapi.gen.ts differs from openapi.json. Run `npm run openapi` and commit the result.\n",
  );
  process.exitCode = 1;
}
