/** What a made video shows and sounds like: pure arithmetic, so that every run makes the same pictures. */

/** One stretch of a video: its colours, the motion of its square, its tone; a black one has no light and no sound. */
export type Scene =
  | { readonly kind: "black"; readonly frames: number }
  | { readonly kind: "picture"; readonly frames: number; readonly palette: Palette };

/** Y'CbCr of BT.601 in video range, 8 bits: sky, ground and the moving square; the tone in whole hertz. */
type Palette = {
  readonly sky: Colour;
  readonly ground: Colour;
  readonly square: Colour;
  readonly toneHz: number;
};

type Colour = readonly [luma: number, blueness: number, redness: number];

const PALETTES: readonly Palette[] = [
  { sky: [190, 150, 105], ground: [90, 165, 100], square: [210, 60, 150], toneHz: 440 },
  { sky: [95, 110, 175], ground: [60, 125, 150], square: [165, 128, 128], toneHz: 330 },
  { sky: [130, 90, 95], ground: [60, 105, 110], square: [220, 128, 128], toneHz: 550 },
  { sky: [225, 125, 132], ground: [150, 100, 155], square: [40, 140, 120], toneHz: 262 },
  { sky: [110, 160, 140], ground: [70, 140, 125], square: [140, 90, 190], toneHz: 392 },
];

/** Where the horizon is, as a part of the height; it differs by scene, so that a cut changes form as well as colour. */
const HORIZONS = [0.6, 0.35, 0.75, 0.5] as const;

/**
 * `count` pictures of the same length with `blackFrames` of black between each two, `totalFrames` in all. The last
 * picture takes what does not divide. With too few frames for that, one picture takes all of them.
 */
export function scenesOf(totalFrames: number, count: number, blackFrames: number): readonly Scene[] {
  const each = Math.floor((totalFrames - (count - 1) * blackFrames) / count);
  if (each < blackFrames || each < 1) return [picture(0, totalFrames)];
  const scenes: Scene[] = [];
  let left = totalFrames;
  for (let index = 0; index < count - 1; index += 1) {
    scenes.push(picture(index, each));
    if (blackFrames > 0) scenes.push({ kind: "black", frames: blackFrames });
    left -= each + blackFrames;
  }
  scenes.push(picture(count - 1, left));
  return scenes;
}

function picture(index: number, frames: number): Scene {
  const palette = PALETTES[index % PALETTES.length] ?? PALETTES[0];
  if (palette === undefined) throw new TypeError("a video needs a palette");
  return { kind: "picture", frames, palette };
}

/** Bytes of one yuv420p picture; both sides are even. */
function frameSizeBytes(width: number, height: number): number {
  return (width * height * 3) / 2;
}

/** The still part of a scene as planar yuv420p: a sky with a gradient, a striped ground; all black for a black scene. */
export function background(scene: Scene, sceneIndex: number, width: number, height: number): Uint8Array {
  const frame = new Uint8Array(frameSizeBytes(width, height)).fill(128);
  const lumaBytes = width * height;
  if (scene.kind === "black") return frame.fill(16, 0, lumaBytes);
  const { sky, ground } = scene.palette;
  const horizon = Math.floor(height * (HORIZONS[sceneIndex % HORIZONS.length] ?? 0.5));
  for (let y = 0; y < height; y += 1) {
    const isSky = y < horizon;
    const base = isSky ? sky[0] - Math.floor((24 * y) / horizon) : ground[0];
    for (let x = 0; x < width; x += 1) {
      const stripe = isSky || (x >> 4) % 2 === 0 ? 0 : 18;
      frame[y * width + x] = base + stripe;
    }
  }
  const chromaWidth = width / 2;
  for (let y = 0; y < height / 2; y += 1) {
    const colour = y < horizon / 2 ? sky : ground;
    const start = lumaBytes + y * chromaWidth;
    frame.fill(colour[1], start, start + chromaWidth);
    frame.fill(colour[2], start + lumaBytes / 4, start + lumaBytes / 4 + chromaWidth);
  }
  return frame;
}

/**
 * Draws the square of a picture at its place in frame `index` of the scene: it swings across the picture and back in
 * 8 s, without a jump that would look like a cut.
 */
export function drawSquare(
  frame: Uint8Array,
  palette: Palette,
  place: { readonly index: number; readonly framesPerSecond: number; readonly width: number; readonly height: number },
): void {
  const { width, height } = place;
  const side = Math.max(2, Math.floor(height / 4) & ~1);
  const turn = (place.index / (4 * place.framesPerSecond)) % 2;
  const phase = turn < 1 ? turn : 2 - turn;
  const left = Math.floor((width - side) * phase) & ~1;
  const top = Math.floor((height - side) / 2) & ~1;
  const lumaBytes = width * height;
  for (let y = top; y < top + side; y += 1) frame.fill(palette.square[0], y * width + left, y * width + left + side);
  for (let y = top / 2; y < (top + side) / 2; y += 1) {
    const start = lumaBytes + (y * width) / 2 + left / 2;
    frame.fill(palette.square[1], start, start + side / 2);
    frame.fill(palette.square[2], start + lumaBytes / 4, start + lumaBytes / 4 + side / 2);
  }
}

/** One second of a picture's sound, within -0.25 to 0.25: a tone that swells twice; it joins itself without a click. */
export function toneSecond(palette: Palette, sampleRate: number): Float32Array {
  return Float32Array.from({ length: sampleRate }, (_, at) => {
    const turn = (2 * Math.PI * at) / sampleRate;
    return 0.25 * (0.75 + 0.25 * Math.sin(2 * turn)) * Math.sin(palette.toneHz * turn);
  });
}
