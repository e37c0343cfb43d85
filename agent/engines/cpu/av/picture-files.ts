/** Pictures of a video as files. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { ProducedFile } from "../../../engine.ts";
import type { Picture } from "../image/picture.ts";
import { asImage } from "../image/resize.ts";

const JPEG = { quality: 82 };
const COLUMNS = 4;
const TILE_WIDTH = 240;
const TILE_HEIGHT = 136;
const GAP = 4;
const SHEET_COLOUR = "#202020";

/** Writes `picture` as it is. */
export async function writeJpeg(picture: Picture, scratchDir: string, name: string): Promise<ProducedFile> {
  return await written(await asImage(picture).jpeg(JPEG).toBuffer(), scratchDir, name);
}

/** Writes all pictures on one sheet, in rows of `COLUMNS`; each fits its tile, none is cut. */
export async function writeSheet(
  pictures: readonly Picture[],
  scratchDir: string,
  name: string,
): Promise<{ readonly file: ProducedFile; readonly columns: number; readonly width: number; readonly height: number }> {
  const columns = Math.min(COLUMNS, pictures.length);
  const rows = Math.ceil(pictures.length / columns);
  const width = columns * (TILE_WIDTH + GAP) + GAP;
  const height = rows * (TILE_HEIGHT + GAP) + GAP;
  const tiles = await Promise.all(
    pictures.map(async (picture, index) => {
      const { data, info } = await asImage(picture)
        .resize({ width: TILE_WIDTH, height: TILE_HEIGHT, fit: "inside" })
        .png({ compressionLevel: 0 })
        .toBuffer({ resolveWithObject: true });
      const left = GAP + (index % columns) * (TILE_WIDTH + GAP) + Math.floor((TILE_WIDTH - info.width) / 2);
      const top = GAP + Math.floor(index / columns) * (TILE_HEIGHT + GAP) + Math.floor((TILE_HEIGHT - info.height) / 2);
      return { input: data, left, top };
    }),
  );
  const sheet = sharp({ create: { width, height, channels: 3, background: SHEET_COLOUR } });
  const jpeg = await sheet.composite(tiles).jpeg(JPEG).toBuffer();
  return { file: await written(jpeg, scratchDir, name), columns, width, height };
}

async function written(jpeg: Buffer, scratchDir: string, name: string): Promise<ProducedFile> {
  const path = join(scratchDir, name);
  await writeFile(path, jpeg);
  return { name, path, contentType: "image/jpeg" };
}
