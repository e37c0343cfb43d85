/** Makes an MP4 with moving pictures and sound on the spot: scenes, and a black and silent second between them. */
import { Recording } from "./recording.ts";
import { background, drawSquare, scenesOf, toneSecond } from "./scene.ts";
import type { Scene } from "./scene.ts";

/** What to make: `seconds` of whole frames, even sides in pixels, `scenes` (by default one per 10 s, 2 to 12). */
type VideoRequest = {
  readonly path: string;
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
  readonly scenes?: number;
};

const FRAMES_PER_SECOND = 25;
const SAMPLE_RATE = 48_000;
const SAMPLES_PER_FRAME = SAMPLE_RATE / FRAMES_PER_SECOND;

/**
 * Writes H.264 and AAC into an MP4 (its index at the end) and returns when the file is whole. The same request makes
 * the same pictures. Throws a RangeError for sides that are odd or under 16 pixels and for a length under one frame,
 * FFmpeg's error when the path cannot be written.
 */
export async function makeVideo(request: VideoRequest): Promise<void> {
  const { path, seconds, width, height } = request;
  if (!isSide(width) || !isSide(height)) {
    throw new RangeError(`A video of ${width}x${height}: sides are even, 16 or more`);
  }
  const totalFrames = Math.round(seconds * FRAMES_PER_SECOND);
  if (!(totalFrames >= 1)) throw new RangeError(`A video of ${seconds} s: it has at least one frame`);
  const scenes = scenesOf(totalFrames, request.scenes ?? scenesFor(seconds), FRAMES_PER_SECOND);
  const form = { width, height, framesPerSecond: FRAMES_PER_SECOND, sampleRate: SAMPLE_RATE };

  await using recording = await Recording.open(path, form);
  for (const [sceneIndex, scene] of scenes.entries()) {
    const still = background(scene, sceneIndex, width, height);
    const sound = soundOf(scene);
    const picture = Buffer.alloc(still.length);
    for (let index = 0; index < scene.frames; index += 1) {
      picture.set(still);
      if (scene.kind === "picture") {
        drawSquare(picture, scene.palette, { index, framesPerSecond: FRAMES_PER_SECOND, width, height });
      }
      await recording.addPicture(picture);
      const start = (index % FRAMES_PER_SECOND) * SAMPLES_PER_FRAME;
      await recording.addSound(sound.subarray(start, start + SAMPLES_PER_FRAME));
    }
  }
  await recording.finish();
}

function isSide(pixels: number): boolean {
  return Number.isInteger(pixels) && pixels >= 16 && pixels % 2 === 0;
}

function scenesFor(seconds: number): number {
  return Math.min(12, Math.max(2, Math.round(seconds / 10)));
}

/** The second of sound that repeats through a scene. */
function soundOf(scene: Scene): Float32Array {
  return scene.kind === "picture" ? toneSecond(scene.palette, SAMPLE_RATE) : new Float32Array(SAMPLE_RATE);
}
