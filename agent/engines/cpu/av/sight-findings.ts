/** What was seen in a video, as insights. */
import type { Operation } from "../../../../shared/contracts/operations.ts";
import type { ProducedInsight, StepOutcome } from "../../../engine.ts";
import { finding, rounded } from "../finding.ts";
import type { Picture } from "../image/picture.ts";
import { within } from "../image/resize.ts";
import { VISUAL_SPACE, visualDescriptor } from "../image/visual-descriptor.ts";
import { allCandidates } from "./core/cut-candidates.ts";
import { lightOf } from "./core/frame-change.ts";
import { keyMomentOf, keyShots, storyboardMoments } from "./core/picture-times.ts";
import { closedRuns, type Runs } from "./core/runs.ts";
import { type Shot, shotsOf } from "./core/shots.ts";
import { writeJpeg, writeSheet } from "./picture-files.ts";
import { picturesAt } from "./pictures.ts";
import type { VideoState } from "./saved-state.ts";
import { LEAST_BLACK_MS } from "./video-track.ts";

/** The operations that need the pictures of a video. */
export const SIGHT_OPERATIONS = [
  "shots",
  "black-frames",
  "thumbnail",
  "keyframes",
  "storyboard",
  "embed",
] as const satisfies readonly Operation[];
export type SightOperation = (typeof SIGHT_OPERATIONS)[number];

export function isSightOperation(operation: Operation): operation is SightOperation {
  return SIGHT_OPERATIONS.some((each) => each === operation);
}

/** The image pass describes pictures of this size; vectors compare best when made alike. */
const DESCRIBED_SIDE = 256;

type KeyPicture = { readonly index: number; readonly shot: Shot; readonly atMs: number; readonly picture: Picture };

/** Everything seen, ready to be told; `tell` makes the files that a step needs in `scratchDir`. */
export type Sight = { tell(operation: SightOperation, scratchDir: string): Promise<StepOutcome> };

/** `operations` says what will be asked, so that no picture is decoded in vain. */
export async function sightOf(
  path: string,
  state: VideoState,
  operations: ReadonlySet<SightOperation>,
): Promise<Sight> {
  const black = closedRuns(state.black, LEAST_BLACK_MS);
  const endMs = (state.clock.lastMs ?? 0) + state.frameMs;
  const shots = shotsOf(allCandidates(state.cuts), black, { startMs: state.startMs, endMs });
  const keys = keyShots(shots).map(({ shot, index }) => ({ shot, index, atMs: keyMomentOf(shot, black) }));
  const tiles = storyboardMoments(state.startMs, endMs);
  const needsKeys = operations.has("keyframes") || operations.has("embed") || operations.has("thumbnail");
  const moments = [...(needsKeys ? keys.map(({ atMs }) => atMs) : []), ...(operations.has("storyboard") ? tiles : [])];
  const pictures = moments.length === 0 ? new Map<number, Picture>() : await picturesAt(path, moments, state);
  const keyPictures = keys.flatMap((key): KeyPicture[] => {
    const picture = pictures.get(key.atMs);
    return picture === undefined ? [] : [{ ...key, picture }];
  });
  return {
    async tell(operation, scratchDir) {
      switch (operation) {
        case "shots":
          return told(shots.map(shotFinding));
        case "black-frames":
          return told(blackFindings(black));
        case "thumbnail":
          return told(await thumbnailFindings(keyPictures, scratchDir));
        case "keyframes":
          return told(await Promise.all(keyPictures.map((key) => keyframeFinding(key, scratchDir))));
        case "storyboard":
          return told(await storyboardFindings(tiles, pictures, scratchDir));
        case "embed":
          return told(await Promise.all(keyPictures.map(embeddingFinding)));
      }
    },
  };
}

function told(insights: readonly ProducedInsight[]): StepOutcome {
  if (insights.length > 0) return { status: "succeeded", insights };
  return { status: "failed", reason: { code: "undecodable", detail: "No picture of the video could be made." } };
}

function rangeOf({ startMs, endMs }: Pick<Shot, "startMs" | "endMs">): { startMs: number; endMs: number } {
  return { startMs: Math.round(startMs), endMs: Math.round(endMs) };
}

function shotFinding(shot: Shot, index: number): ProducedInsight {
  const data = { index, score: rounded(shot.score, 3) };
  return finding("shots-v1", { kind: "shot", data }, { timeRange: rangeOf(shot) });
}

function blackFindings(runs: Runs["closed"]): ProducedInsight[] {
  if (runs.length === 0) return [finding("black-frames-v1", { kind: "black-frames", data: { runs: 0 } })];
  return runs.map(([startMs, endMs], index) => {
    const timeRange = rangeOf({ startMs, endMs });
    const data = { index, runs: runs.length, durationMs: timeRange.endMs - timeRange.startMs };
    return finding("black-frames-v1", { kind: "black-frames", data }, { timeRange });
  });
}

async function keyframeFinding({ index, shot, atMs, picture }: KeyPicture, dir: string): Promise<ProducedInsight> {
  const file = await writeJpeg(picture, dir, `keyframe-${String(index).padStart(4, "0")}.jpg`);
  const data = { atMs, shot: index, width: picture.width, height: picture.height };
  return finding("keyframes-v1", { kind: "keyframe", data }, { timeRange: rangeOf(shot), file });
}

/** The key picture with most contrast: dark, white or foggy ones say little. */
async function thumbnailFindings(keys: readonly KeyPicture[], dir: string): Promise<ProducedInsight[]> {
  const [first] = keys;
  if (first === undefined) return [];
  let best = { key: first, contrast: -1 };
  for (const key of keys) {
    const contrast = contrastOf(key.picture);
    if (contrast > best.contrast) best = { key, contrast };
  }
  const { picture, atMs } = best.key;
  const file = await writeJpeg(picture, dir, "thumbnail.jpg");
  const data = { width: picture.width, height: picture.height, atMs };
  return [finding("thumbnail-v1", { kind: "thumbnail", data }, { file })];
}

/** Standard deviation of luma over lines of the picture. */
function contrastOf({ rgb, width, height }: Picture): number {
  const lines: number[] = [];
  const rowBytes = width * 3;
  const pieceBytes = Math.max(3, Math.floor(width / 16) * 3);
  for (let y = 0; y < height; y += Math.max(1, Math.floor(height / 32))) {
    for (let x = 0; x < rowBytes; x += pieceBytes) {
      lines.push(lightOf(rgb.subarray(y * rowBytes + x, y * rowBytes + Math.min(rowBytes, x + pieceBytes))).luma);
    }
  }
  const mean = lines.reduce((sum, luma) => sum + luma, 0) / lines.length;
  return Math.sqrt(lines.reduce((sum, luma) => sum + (luma - mean) ** 2, 0) / lines.length);
}

async function storyboardFindings(
  moments: readonly number[],
  pictures: ReadonlyMap<number, Picture>,
  dir: string,
): Promise<ProducedInsight[]> {
  const shown = moments.filter((moment, index) => pictures.has(moment) && moments.indexOf(moment) === index);
  if (shown.length === 0) return [];
  const tiles = shown.flatMap((moment) => pictures.get(moment) ?? []);
  const { file, ...sheet } = await writeSheet(tiles, dir, "storyboard.jpg");
  const data = { ...sheet, tiles: shown.length, atMs: shown };
  return [finding("storyboard-v1", { kind: "storyboard", data }, { file })];
}

async function embeddingFinding({ index, shot, atMs, picture }: KeyPicture): Promise<ProducedInsight> {
  const { rgb, width, height } = await within(picture, DESCRIBED_SIDE);
  const embedding = { space: VISUAL_SPACE, vector: visualDescriptor(rgb, width, height) };
  const data = { dimensions: embedding.vector.length, atMs, shot: index };
  return finding(VISUAL_SPACE, { kind: "embedding", data }, { timeRange: rangeOf(shot), embedding });
}
