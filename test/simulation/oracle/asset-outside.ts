/** What the world outside of an asset holds at the end: its index rows and its objects in the bucket. */
import type { Bucket } from "../platform/bucket.ts";
import type { IndexedAsset } from "../platform/asset-index.ts";
import type { CommandLog } from "../ledger.ts";
import type { AssetLife } from "./asset-course.ts";
import type { Entry } from "./journal.ts";

/** The index has heard of every event, each interval once and in order. */
export function judgeIndex(entries: readonly Entry[], life: AssetLife, indexed: IndexedAsset | undefined): string[] {
  if (indexed === undefined) return ["the index never heard of it"];
  const faults: string[] = [];
  const published = entries.findLastIndex(({ type }) => PUBLISHED.has(type)) + 1;
  if (indexed.seq < published) faults.push(`the index stands at event ${indexed.seq}, event ${published} is published`);
  let seq = 0;
  for (const { fromSeq, toSeq } of indexed.applied) {
    if (fromSeq !== seq) faults.push(`the index went on from event ${fromSeq}, it stood at ${seq}`);
    seq = toSeq;
  }
  const gone = life.status === "deleted" || life.status === "purged";
  if (gone && (indexed.status !== "deleted" || indexed.insightIds.size > 0))
    faults.push("the index still shows a deleted asset");
  if (!gone && indexed.status !== life.status)
    faults.push(`the index says ${indexed.status}, the journal ${life.status}`);
  return faults;
}

const PUBLISHED = new Set([
  "AssetCreated",
  "ContentStored",
  "UploadCompleted",
  "UploadExpired",
  "AssetInspected",
  "AssetRefused",
  "AnalysisStarted",
  "StepFinished",
  "AnalysisFinished",
  "AnalysisRestarted",
  "AssetDeleted",
  "AssetRestored",
  "AssetPurged",
]);

/** A purged asset leaves nothing behind; one that is there has its content. */
export function judgeBucket(name: string, entries: readonly Entry[], life: AssetLife, bucket: Bucket): string[] {
  const [tenant = "", assetId = ""] = name.split("/");
  const left = [...bucket.objects.keys()].filter((key) => key.startsWith(`${tenant}/assets/${assetId}/`));
  if (life.status === "purged") return left.map((key) => `${key} outlived its asset`);
  const stored = entries.findLast(({ type }) => type === "ContentStored");
  // What was stored and never completed is taken back when its time is up.
  const takenBack = entries.some(({ type }) => type === "UploadExpired");
  if (stored === undefined || takenBack || life.status === "deleted") return [];
  const kept = bucket.objects.get(String(stored.data["key"]));
  return kept?.sha256 === stored.data["sha256"] ? [] : ["its content is lost"];
}

type Shows = (has: (type: string, member?: string, value?: unknown) => boolean, detail: string) => boolean;

/** What an accepted command has left in the journal. */
const SHOWS: Readonly<Record<string, Shows>> = {
  create: (has) => has("AssetCreated"),
  beginUpload: (has) => has("UploadBegun"),
  finishUpload: (has, detail) => has("ContentStored", "upload", Number(detail)),
  complete: (has, detail) => has("UploadCompleted", "sha256", detail),
  delete: (has) => has("AssetDeleted"),
  rerun: (has) => has("AnalysisRestarted"),
};

/**
 * Restoring what is not deleted changes nothing, and a repetition of the deletion can come much later: what counts is that
 * the asset was there when the answer was given.
 */
function isThere(entries: readonly Entry[], seq: number | null): boolean {
  const known = seq === null ? entries : entries.slice(0, seq);
  return known.findLast(({ type }) => type === "AssetDeleted" || type === "AssetRestored")?.type !== "AssetDeleted";
}

export function judgeOrders(entries: readonly Entry[], commands: readonly CommandLog[]): string[] {
  const has = (type: string, member?: string, value?: unknown): boolean =>
    entries.some((entry) => entry.type === type && (member === undefined || entry.data[member] === value));
  return commands
    .filter(({ command, detail, answer }) => {
      if (answer?.ok !== true) return false;
      return command === "restore" ? !isThere(entries, answer.seq) : SHOWS[command]?.(has, detail) === false;
    })
    .map(({ command, detail }) => `${command} ${detail} was acknowledged and does not show`);
}
