/** The main job of local mode: upload, analyse, show what was found, search. The same calls a customer makes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AimaClient, fileSource, type Insight } from "@aima/sdk";
import type { Options } from "../options.ts";
import type { Credentials } from "../state.ts";
import { collectFiles, type MediaFile, sampleFiles } from "./media.ts";
import { assetOutcome, type AssetOutcome, type Outcome, type SearchOutcome } from "./outcome.ts";
import { assetLine, searchLine } from "./show.ts";

const UPLOADS_AT_ONCE = 4;
/** Work that takes longer than this says how far it is, each time it has come so much further. */
const LONG_WORK_MS = 5_000;
const TOLD_PROGRESS = 0.25;
/** The index follows within moments; a search that has found nothing by then finds nothing. */
const INDEX_PATIENCE_MS = 30_000;

/** True when every file was analysed and every search found what it should. */
export async function runDemo(
  options: Options,
  credentials: Credentials,
  say: (line: string) => void,
): Promise<boolean> {
  const client = new AimaClient({ baseUrl: credentials.baseUrl, apiKey: credentials.apiKey });
  const own = options.media.length > 0;
  say(own ? "collecting your files" : "making the samples");
  const { files, missing } = own
    ? await collectFiles(options.media)
    : { files: await sampleFiles(join(options.dataDir, "samples")), missing: [] };
  say(`uploading and analysing ${files.length} file${files.length === 1 ? "" : "s"}`);
  const failures: { name: string; reason: string }[] = missing.map((name) => ({
    name,
    reason: "There is no such file.",
  }));
  const assets: AssetOutcome[] = [];
  const waiting = [...files];
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      try {
        const outcome = await analyse(client, file, say);
        assets.push(outcome);
        say(`${assets.length}/${files.length} ${outcome.name}: ${outcome.status}`);
        if (outcome.status !== "analysed") {
          failures.push({
            name: outcome.name,
            reason: `${outcome.status}: ${outcome.reason?.code ?? "unknown"}: ${outcome.reason?.detail ?? ""}`,
          });
        }
      } catch (error) {
        failures.push({ name: file.name, reason: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, lane));
  if (files.length === 0) failures.push({ name: options.media.join(" "), reason: "No file was found." });

  const searches: SearchOutcome[] = [];
  for (const { query, expected } of own ? queriesFrom(assets) : knownQueries(files)) {
    const search = await searchFor(client, query, expected);
    searches.push(search);
    const found = own
      ? search.hits.some(({ assetName }) => assetName === expected)
      : search.hits[0]?.assetName === expected;
    if (!found)
      failures.push({ name: `search "${query}"`, reason: `${expected} was not found${own ? "" : " first"}.` });
  }
  process.stdout.write(
    `\nAnalysed\n${assets.map(assetLine).join("\n")}\n\nSearched\n${searches.map(searchLine).join("\n")}\n`,
  );
  for (const { name, reason } of failures) process.stdout.write(`FAILED ${name}: ${reason}\n`);
  const outcome: Outcome = { assets, searches, failures };
  if (options.jsonFile !== null) await writeFile(options.jsonFile, `${JSON.stringify(outcome, null, 2)}\n`);
  return failures.length === 0;
}

async function analyse(client: AimaClient, file: MediaFile, say: (line: string) => void): Promise<AssetOutcome> {
  const startedAt = performance.now();
  const uploaded = await client.assets.upload({ ...(await fileSource(file.path)), name: file.name });
  const uploadMs = Math.round(performance.now() - startedAt);
  let told = 0;
  const asset = await client.assets.waitUntilFinished(uploaded.id, {
    onChange: ({ progress }) => {
      if (progress === 1 || progress < told + TOLD_PROGRESS || performance.now() - startedAt < LONG_WORK_MS) return;
      told = progress;
      say(`${file.name}: ${Math.floor(progress * 100)} % analysed`);
    },
  });
  const insights: Insight[] = [];
  for await (const insight of client.assets.insights(asset.id)) insights.push(insight);
  return assetOutcome(asset, file.path, insights, uploadMs, Math.round(performance.now() - startedAt));
}

type Query = { readonly query: string; readonly expected: string };

const knownQueries = (files: readonly MediaFile[]): Query[] =>
  files.flatMap(({ name, query }) => (query === null ? [] : [{ query, expected: name }]));

/** For files that nobody here has seen: a rare word of up to three of them, which has to lead back to its file. */
function queriesFrom(assets: readonly AssetOutcome[]): Query[] {
  const owners = new Map<string, Set<string>>();
  for (const { name, insights } of assets) {
    for (const { text } of insights) {
      for (const word of text?.toLowerCase().match(/\p{L}{7,}/gu) ?? [])
        owners.set(word, (owners.get(word) ?? new Set()).add(name));
    }
  }
  const found = new Map<string, Query>();
  for (const [query, names] of owners) {
    const [expected] = names;
    if (names.size === 1 && expected !== undefined && !found.has(expected) && found.size < 3)
      found.set(expected, { query, expected });
  }
  return [...found.values()];
}

async function searchFor(client: AimaClient, query: string, expected: string): Promise<SearchOutcome> {
  const deadline = performance.now() + INDEX_PATIENCE_MS;
  for (;;) {
    const answer = await client.search(query).catch(() => null);
    const found = answer?.hits[0]?.assetName === expected;
    if (found || performance.now() > deadline) return { query, expected, hits: answer?.hits ?? [] };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
