/** `npm run openapi`: writes openapi.json from the route table; with `--check` it only says whether the file is current. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openApiDocument } from "../workers/api/openapi.ts";
import { DESCRIBED } from "../workers/api/routes/table.ts";

const FILE = join(import.meta.dirname, "..", "openapi.json");

const text = `${JSON.stringify(openApiDocument(DESCRIBED), null, 2)}\n`;
if (process.argv.includes("--check")) {
  const written = await readFile(FILE, "utf8").catch(() => null);
  if (written !== text) {
    console.error("openapi.json differs from the routes. Run `npm run openapi` and commit the result.");
    process.exitCode = 1;
  }
} else {
  await writeFile(FILE, text);
  console.log(`openapi.json: ${DESCRIBED.length} operations, ${Math.round(text.length / 1024)} KiB`);
}
