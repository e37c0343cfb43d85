/** Text as outlines: a bare machine has no fonts, so the letters come from the font package as paths. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import opentype from "opentype.js";

const FONT_FILE = "@fontsource/roboto/files/roboto-latin-700-normal.woff";

/** One line of text: where its middle and its baseline are, in pixels, and a colour as SVG has it. */
type Line = {
  readonly text: string;
  readonly middleX: number;
  readonly baselineY: number;
  readonly sizePx: number;
  readonly colour: string;
};

/** SVG path elements that show the lines in Roboto Bold; Latin letters only. Throws when the font package is missing. */
export function letter(lines: readonly Line[]): string {
  const file = readFileSync(createRequire(import.meta.url).resolve(FONT_FILE));
  const font = opentype.parse(new Uint8Array(file).buffer);
  return lines
    .map(({ text, middleX, baselineY, sizePx, colour }) => {
      const startX = middleX - font.getAdvanceWidth(text, sizePx) / 2;
      return `<path fill="${colour}" d="${font.getPath(text, startX, baselineY, sizePx).toPathData(1)}"/>`;
    })
    .join("\n");
}
