import { type AimaClient, type Asset, fileSource, type Insight } from "@aima/sdk";
import { describe, EXIT, exitCodeOf, Failure } from "../failure.ts";
import { filesAt, type LocalFile } from "../files.ts";
import { insightLine, note, plain, say, sayAsset, sayJson } from "../output.ts";
import { ProgressBar } from "../progress-bar.ts";

export type UploadOptions = {
  readonly watch: boolean;
  readonly json: boolean;
  readonly tag: readonly string[];
  readonly concurrency: number;
};

/** How many insights of an asset are shown; the rest is counted. */
const SHOWN_INSIGHTS = 20;

/** An analysis that takes longer than this says how far it is, each time it has come so much further. */
const LONG_WORK_MS = 2_000;
const TOLD_PROGRESS = 0.1;

/** Uploads all files, some at a time; one that fails does not stop the others. Gives the exit code. */
export async function upload(client: AimaClient, names: readonly string[], options: UploadOptions): Promise<number> {
  const files = await filesAt(names);
  if (files.length === 0)
    throw new Failure(EXIT.failure, "There is no file to upload.", "Name a file or a folder with files.");
  const bar = new ProgressBar();
  const waiting = [...files];
  let exitCode: number = EXIT.ok;
  const lane = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      try {
        const asset = await uploadOne(client, file, bar, options);
        if (asset.status === "failed" || asset.status === "quarantined") exitCode ||= EXIT.failure;
        await show(client, asset, options);
      } catch (error) {
        exitCode ||= exitCodeOf(error);
        bar.say(`${plain(file.path)}: ${describe(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, files.length) }, lane));
  bar.end();
  if (files.length > 1) note(`${files.length} files, exit code ${exitCode}`);
  return exitCode;
}

async function uploadOne(
  client: AimaClient,
  file: LocalFile,
  bar: ProgressBar,
  options: UploadOptions,
): Promise<Asset> {
  bar.begin(file.path, file.sizeBytes);
  const source = await fileSource(file.path);
  const onProgress = ({ sentBytes }: { sentBytes: number }): void => bar.update(file.path, sentBytes);
  const asset = await client.assets.upload(source, { tags: [...options.tag], onProgress });
  if (!options.watch) return asset;
  const startedAt = performance.now();
  let told = 0;
  return client.assets.waitUntilFinished(asset.id, {
    onChange: ({ status, progress }) => {
      if (progress === 1 || progress < told + TOLD_PROGRESS || performance.now() - startedAt < LONG_WORK_MS) return;
      told = progress;
      bar.say(`${plain(file.path)}: ${status}, ${Math.floor(progress * 100)} %`);
    },
  });
}

async function show(client: AimaClient, asset: Asset, { json, watch }: UploadOptions): Promise<void> {
  const insights: Insight[] = [];
  if (watch) for await (const insight of client.assets.insights(asset.id)) insights.push(insight);
  if (json) {
    // Vectors are long and say nothing to a reader.
    sayJson(watch ? { ...asset, insights: insights.map(({ embedding: _vector, ...rest }) => rest) } : asset);
    return;
  }
  sayAsset(asset);
  if (asset.reason !== null) say(`    ${asset.reason.code}: ${asset.reason.detail}`);
  for (const insight of insights.slice(0, SHOWN_INSIGHTS)) say(`    ${insightLine(insight)}`);
  if (insights.length > SHOWN_INSIGHTS) {
    say(`    and ${insights.length - SHOWN_INSIGHTS} more: aima assets insights ${asset.id}`);
  }
}
