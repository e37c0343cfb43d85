/** Makes a photograph-like JPEG: a sign at a harbour, with words that text recognition can read and EXIF. */
import sharp from "sharp";
import { letter } from "./lettering.ts";

/** The words of the sign, line by line. */
const SIGN_LINES = ["KITTIWAKE HARBOUR", "Ferry to Lantern Island", "Pier 7"] as const;

const WIDTH = 1280;
const HEIGHT = 800;
const INK = "#12305c";

/** Writes the picture, 1280x800, always with the same pixels. Throws when the path cannot be written. */
export async function makePicture(path: string): Promise<void> {
  await sharp(Buffer.from(signSvg())).flatten().jpeg({ quality: 90 }).withExif(EXIF).toFile(path);
}

/** The same sign without EXIF as PNG bytes. */
export async function signPng(): Promise<Uint8Array> {
  return await sharp(Buffer.from(signSvg())).flatten().png().toBuffer();
}

/** Taken at a place in the North Sea that is nobody's home. GPS is the third directory of EXIF (IFD3 in libvips). */
const EXIF = {
  IFD0: {
    ImageDescription: "The sign at the ferry pier",
    Artist: "AIMA samples",
    Make: "AIMA",
    Model: "Sample camera",
    Copyright: "CC0",
  },
  IFD2: { DateTimeOriginal: "2026:05:17 09:41:00" },
  IFD3: {
    GPSLatitudeRef: "N",
    GPSLatitude: "55/1 30/1 0/1",
    GPSLongitudeRef: "E",
    GPSLongitude: "3/1 15/1 0/1",
  },
};

function signSvg(): string {
  const [name, route, pier] = SIGN_LINES;
  const words = letter([
    { text: name, middleX: 640, baselineY: 300, sizePx: 84, colour: INK },
    { text: route, middleX: 640, baselineY: 392, sizePx: 60, colour: INK },
    { text: pier, middleX: 640, baselineY: 474, sizePx: 60, colour: INK },
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
<defs>
<linearGradient id="sky" x2="0" y2="1"><stop stop-color="#7db4e6"/><stop offset="1" stop-color="#f3d9b8"/></linearGradient>
<linearGradient id="sea" x2="0" y2="1"><stop stop-color="#2f7f93"/><stop offset="1" stop-color="#123f55"/></linearGradient>
</defs>
<rect width="${WIDTH}" height="560" fill="url(#sky)"/>
<circle cx="1090" cy="110" r="58" fill="#ffe9a8"/>
<rect y="560" width="${WIDTH}" height="240" fill="url(#sea)"/>
<path d="M0 610q80-22 160 0t160 0 160 0 160 0 160 0 160 0 160 0 160 0" fill="none" stroke="#8fd0d8" stroke-width="5"/>
<path d="M0 690q80-22 160 0t160 0 160 0 160 0 160 0 160 0 160 0 160 0" fill="none" stroke="#6fb4c0" stroke-width="5"/>
<path d="M330 520h30v280h-30zM920 520h30v280h-30z" fill="#6b4a2f"/>
<rect x="190" y="180" width="900" height="350" rx="18" fill="#fbfbf6" stroke="${INK}" stroke-width="10"/>
${words}
</svg>`;
}
