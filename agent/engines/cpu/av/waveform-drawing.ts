/** A picture of sound over time. */
import sharp from "sharp";

export const WAVEFORM_WIDTH = 600;
export const WAVEFORM_HEIGHT = 200;

const BACKGROUND = [255, 255, 255];
const PEAK_COLOUR = [147, 180, 222];
const RMS_COLOUR = [38, 92, 166];

/** A PNG with one column of pixels for each of `columns` (0 to 1): the peak light, the RMS dark, about the middle. */
export async function drawWaveform(
  columns: readonly { readonly peak: number; readonly rms: number }[],
): Promise<Buffer> {
  const rgb = new Uint8Array(WAVEFORM_WIDTH * WAVEFORM_HEIGHT * 3);
  const half = WAVEFORM_HEIGHT / 2;
  for (let x = 0; x < WAVEFORM_WIDTH; x += 1) {
    const { peak, rms } = columns[x] ?? { peak: 0, rms: 0 };
    for (let y = 0; y < WAVEFORM_HEIGHT; y += 1) {
      const distance = Math.abs(y + 0.5 - half);
      const isLine = distance < 1;
      const colour = distance <= rms * half || isLine ? RMS_COLOUR : distance <= peak * half ? PEAK_COLOUR : BACKGROUND;
      rgb.set(colour, (y * WAVEFORM_WIDTH + x) * 3);
    }
  }
  return await sharp(rgb, { raw: { width: WAVEFORM_WIDTH, height: WAVEFORM_HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
}
