/** MP4, M4A, MOV and 3GP: the movie header, then the demuxer where the header is fit for it. */
import { MP4, QTFF } from "mediabunny";
import type { ByteView } from "../byte-view.ts";
import { type Finding, type MetadataDraft, rejected } from "../finding.ts";
import type { Format } from "../format.ts";
import { findBox, fullBox } from "../iso-boxes.ts";
import type { RangeReader } from "../range-reader.ts";
import { isoCodec } from "./codec-names.ts";
import { audioMetadata, plausibleRate, videoMetadata, withDemuxer } from "./demuxer.ts";
import { esdsCodec } from "./esds.ts";
import { type MovieHeader, readMovieHeader, type TrackHeader } from "./movie-header.ts";
import { tagMetadata } from "./tags.ts";

/** Refuses a file without a movie header or a playable track (`truncated`); tells of broken tables in `errors`. */
export async function inspectIsobmff(reader: RangeReader, format: Format): Promise<Finding> {
  const { header } = await readMovieHeader(reader);
  if (header === null)
    return rejected("truncated", "the file has no movie header: its end is missing, or it was never finished");
  const video = header.tracks.find((track) => track.handler === "vide");
  const audio = header.tracks.find((track) => track.handler === "soun");
  const isFit = header.problems.length === 0;
  if (!header.isHuge && video === undefined && audio === undefined)
    return rejected("truncated", "the movie header has no playable track");

  const errors = header.problems.slice(0, 4).map((detail) => ({ code: "broken_structure", detail }));
  if (header.isCut) errors.push({ code: "truncated", detail: "the file ends inside its media data" });
  const own = headerMetadata(header, video, audio);
  const deep = isFit ? await demuxed(reader, header) : {};
  const tags = isFit && !header.isFragmented ? await tagMetadata(reader, format.contentType) : {};
  return {
    metadata: { ...tags, ...gaps(own), ...gaps(deep), ...gaps(preferred(own)) },
    errors,
    ...(video === undefined && audio !== undefined
      ? {
          mediaType: "audio" as const,
          contentType: format.contentType === "video/mp4" ? "audio/mp4" : format.contentType,
        }
      : {}),
  };
}

/** What the boxes say better than the demuxer: time, rates, the real codec, and formats it does not know. */
function preferred(own: MetadataDraft): MetadataDraft {
  const isBoxesOwn = own.audioCodec === "alac" || own.audioCodec === "amr_nb" || own.audioCodec === "amr_wb";
  const { durationSeconds, durationSource, framesPerSecond, videoCodec, audioCodec } = own;
  const sound = isBoxesOwn ? { channels: own.channels, sampleRateHz: own.sampleRateHz } : {};
  return { durationSeconds, durationSource, framesPerSecond, videoCodec, audioCodec, ...sound };
}

/** The draft without its empty fields, so that spreading it does not erase what is known. */
function gaps(draft: MetadataDraft): MetadataDraft {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== null && value !== undefined));
}

function headerMetadata(
  header: MovieHeader,
  video: TrackHeader | undefined,
  audio: TrackHeader | undefined,
): MetadataDraft {
  const seconds = header.durationSeconds;
  const draft: MetadataDraft = seconds === null ? {} : { durationSeconds: seconds, durationSource: "container" };
  if (video !== undefined && video.mediaSeconds !== null) {
    draft.framesPerSecond = plausibleRate(video.sampleCount / video.mediaSeconds);
  }
  if (video?.entry !== null && video !== undefined && video.entry.length >= 28) {
    draft.width = video.entry.u16(24);
    draft.height = video.entry.u16(26);
    const codec = isoCodec(video.sampleEntry);
    draft.videoCodec = codec === "mpeg4" ? (esdsCodec(video.entry, "picture") ?? codec) : codec;
    draft.rotationDegrees = video.rotationDegrees;
  }
  if (audio?.entry !== null && audio !== undefined && audio.entry.length >= 28)
    Object.assign(draft, soundEntry(audio, audio.entry));
  return draft;
}

/** Sample entries that the demuxer describes less well than their own boxes do. */
function soundEntry(track: TrackHeader, entry: ByteView): MetadataDraft {
  const codec = isoCodec(track.sampleEntry);
  const template = { channels: positive(entry.u16(16)), sampleRateHz: positive(entry.u32(24) >>> 16) };
  switch (codec ?? "") {
    // AMR is mono by definition (3GPP TS 26.244), whatever the template field says.
    case "amr_nb":
      return { audioCodec: codec, channels: 1, sampleRateHz: 8000 };
    case "amr_wb":
      return { audioCodec: codec, channels: 1, sampleRateHz: 16_000 };
    case "alac": {
      // The magic cookie of ALAC: bit depth at 5, channels at 9, rate at 20.
      const cookie = fullBox(findBox(entry.slice(28, entry.length - 28), ["alac"]))?.body;
      if (cookie === undefined || cookie.length < 24) return { audioCodec: codec };
      return {
        audioCodec: codec,
        bitsPerSample: cookie.u8(5),
        channels: cookie.u8(9),
        sampleRateHz: cookie.u32(20),
        isLossless: true,
      };
    }
    case "aac":
      return { ...template, audioCodec: esdsCodec(entry, "sound") ?? codec };
    default:
      return { ...template, audioCodec: codec };
  }
}

const positive = (value: number): number | null => (value > 0 ? value : null);

async function demuxed(reader: RangeReader, header: MovieHeader): Promise<MetadataDraft> {
  try {
    return await withDemuxer(reader, [MP4, QTFF], async (input) => {
      const video = await input.getPrimaryVideoTrack();
      const audio = await input.getPrimaryAudioTrack();
      const draft: MetadataDraft = {
        ...(audio === null ? {} : await audioMetadata(audio)),
        ...(video === null ? {} : await videoMetadata(video, header.isFragmented ? "probe" : "skip")),
      };
      if (header.durationSeconds === null) {
        draft.durationSeconds = await input.computeDuration().catch(() => null);
        draft.durationSource = "computed";
      }
      return draft;
    });
  } catch {
    // The header's own summary stands in: the demuxer refuses some files that others play.
    return {};
  }
}
