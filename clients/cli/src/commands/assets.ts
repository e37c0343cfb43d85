import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { AimaClient, Asset } from "@aima/sdk";
import { insightLine, note, plain, say, sayAsset, sayJson } from "../output.ts";
import { confirm, type Terminal } from "../prompt.ts";

type Json = { readonly json: boolean };

export type ListOptions = Json & {
  readonly status?: Asset["status"];
  readonly mediaType?: "image" | "video" | "audio" | "document";
  readonly limit: number;
};

export async function list(client: AimaClient, { status, mediaType, limit, json }: ListOptions): Promise<void> {
  const filter = { ...(status === undefined ? {} : { status }), ...(mediaType === undefined ? {} : { mediaType }) };
  let count = 0;
  for await (const asset of client.assets.list(filter)) {
    if ((count += 1) > limit) break;
    if (json) sayJson(asset);
    else sayAsset(asset);
  }
}

export async function get(
  client: AimaClient,
  assetId: string,
  { json, asOf }: Json & { asOf?: number },
): Promise<void> {
  const asset = await client.assets.get(assetId, asOf === undefined ? {} : { asOfSeq: asOf });
  if (json) {
    sayJson(asset);
    return;
  }
  sayAsset(asset);
  if (asset.reason !== null) say(`  ${asset.reason.code}: ${asset.reason.detail}`);
  for (const [name, value] of Object.entries(asset.metadata)) say(`  ${name}: ${String(value)}`);
  for (const step of asset.steps)
    say(`  step ${step.id}: ${step.status}${step.reason === null ? "" : ` (${step.reason.detail})`}`);
  for (const { name, contentType } of asset.artifacts) say(`  artifact ${name} (${contentType})`);
}

/** What can be restored is not asked about. */
export async function remove(
  client: AimaClient,
  terminal: Terminal,
  assetId: string,
  { json, purge, yes }: Json & { readonly purge: boolean; readonly yes: boolean },
): Promise<void> {
  if (purge) await confirm(terminal, `Remove ${assetId} and all that was found in it for good`, yes);
  await client.assets.delete(assetId, { purge });
  if (json) sayJson({ id: assetId, deleted: true, purged: purge });
  else say(`${assetId} deleted${purge ? ", and nothing of it is kept" : ""}`);
}

export async function restore(client: AimaClient, assetId: string, { json }: Json): Promise<void> {
  const asset = await client.assets.restore(assetId);
  if (json) sayJson(asset);
  else sayAsset(asset);
}

export async function rerun(
  client: AimaClient,
  assetId: string,
  { json, fromStep }: Json & { fromStep?: string },
): Promise<void> {
  const asset = await client.assets.rerun(assetId, fromStep === undefined ? {} : { fromStep });
  if (json) sayJson(asset);
  else sayAsset(asset);
}

/** What is left to remove of an asset, and, when that is stuck, going on or giving up. */
export async function saga(
  client: AimaClient,
  assetId: string,
  { json, action }: Json & { action?: "retry" | "abandon" },
): Promise<void> {
  const { assets } = client;
  const found = await (action === "retry"
    ? assets.retrySaga(assetId)
    : action === "abandon"
      ? assets.abandonSaga(assetId)
      : assets.saga(assetId));
  if (json) {
    sayJson(found);
    return;
  }
  say(
    `${assetId} ${found.status}${found.restorableUntil === null ? "" : `, can be restored until ${found.restorableUntil}`}`,
  );
  if (found.saga === null) return;
  const { kind, status, steps, attempts, reason } = found.saga;
  say(`  ${kind}: ${status}${attempts === 0 ? "" : `, ${attempts} failures`}`);
  for (const step of steps) say(`  step ${step.name}: ${step.status}`);
  if (reason !== null) say(`  ${reason.code}: ${plain(reason.detail)}`);
}

/** All events; with `follow` it stays and prints new ones until the asset is finished. */
export async function events(
  client: AimaClient,
  assetId: string,
  { json, follow }: Json & { follow: boolean },
): Promise<void> {
  let after = 0;
  for (;;) {
    const page = await client.assets.events(assetId, { after, limit: 500, waitSeconds: follow ? 20 : 0 });
    for (const event of page.events) {
      if (json) sayJson(event);
      else say(`${String(event.seq).padStart(5)}  ${event.at}  ${event.type}  ${JSON.stringify(event.data)}`);
    }
    after = page.after;
    if (page.events.length > 0) continue;
    if (!follow || (await client.assets.get(assetId)).finishedAt !== null) return;
  }
}

export async function insights(
  client: AimaClient,
  assetId: string,
  { json, kind }: Json & { kind?: string },
): Promise<void> {
  for await (const insight of client.assets.insights(assetId, kind === undefined ? {} : { kind })) {
    if (json) sayJson(insight);
    else say(insightLine(insight));
  }
}

/** To the file named, to `-` (stdout), or to the asset's own name in this folder; an existing file is kept. */
export async function download(
  client: AimaClient,
  assetId: string,
  options: Json & { output?: string; artifact?: string },
): Promise<void> {
  const { artifact, json } = options;
  const own =
    artifact ?? (await client.assets.get(assetId)).name.replaceAll(/[^\p{L}\p{N} ._()-]/gu, "_").replace(/^\.+/, "_");
  const target = options.output ?? own;
  const stream =
    artifact === undefined ? await client.assets.download(assetId) : await client.assets.artifact(assetId, artifact);
  // SAFETY: the two platforms name the same stream differently.
  const source = Readable.fromWeb(stream as unknown as NodeReadableStream<Uint8Array>);
  if (target === "-") {
    await pipeline(source, process.stdout, { end: false });
    return;
  }
  try {
    await pipeline(source, createWriteStream(target, { flags: "wx" }));
  } catch (error) {
    const existed = error instanceof Error && "code" in error && error.code === "EEXIST";
    if (!existed) await rm(target, { force: true }); // Half a file looks like a whole one.
    throw error;
  }
  if (json) sayJson({ id: assetId, path: target });
  else note(`saved ${plain(target)}`);
}
