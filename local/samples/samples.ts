/** The media that the project makes itself, one of each kind, to try everything with and without a network. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { docxOf } from "./docx.ts";
import { pdfOf } from "./pdf.ts";
import { makePicture } from "./picture.ts";
import { makeSpeech } from "./speech.ts";
import { HIVE_NOTES, TURBINE_REPORT } from "./texts.ts";
import { makeVideo } from "./video.ts";

/** A made file; `query` is a search that finds it before the others, null when nothing in it can be read. */
export type Sample = { readonly name: string; readonly path: string; readonly query: string | null };

/**
 * Makes the samples in `dir`, which is created when absent; files of the same names are replaced. Takes about a
 * second, needs no network, font or program. Throws when a file cannot be written.
 */
export async function makeSamples(dir: string): Promise<Sample[]> {
  await mkdir(dir, { recursive: true });
  const sample = (name: string, query: string | null): Sample => ({ name, path: join(dir, name), query });
  const picture = sample("harbour-sign.jpg", "kittiwake lantern island");
  const video = sample("two-scenes.mp4", null);
  const speech = sample("speech-with-pause.wav", null);
  const report = sample("turbine-report.pdf", "tidal turbine gearbox");
  const notes = sample("hive-notes.docx", "beekeeping orchard queen");
  await Promise.all([
    makePicture(picture.path),
    makeVideo({ path: video.path, seconds: 12, width: 640, height: 360, scenes: 2 }),
    makeSpeech(speech.path),
    writeFile(report.path, pdfOf(TURBINE_REPORT)),
    writeFile(notes.path, docxOf(HIVE_NOTES)),
  ]);
  return [picture, video, speech, report, notes];
}
