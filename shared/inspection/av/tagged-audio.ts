/** MP3, AAC, FLAC, AIFF, APE, WavPack, Musepack and DSD: one pass of music-metadata, the gaps filled by frame headers. */
import type { IAudioMetadata } from "music-metadata";
import { ByteView } from "../byte-view.ts";
import type { Finding, MetadataDraft } from "../finding.ts";
import type { Format } from "../format.ts";
import { type AudioFrame, firstAudioFrame, id3Bytes } from "../mpeg-audio.ts";
import { BLOCK_BYTES, type RangeReader } from "../range-reader.ts";
import { spokenCodec } from "./codec-names.ts";
import { commonTags, readTags } from "./tags.ts";

/** Accepts always; `partial_metadata` when the tags cannot be read. */
export async function inspectTaggedAudio(reader: RangeReader, format: Format): Promise<Finding> {
  const isFrames = format.contentType === "audio/mpeg" || format.contentType === "audio/aac";
  const frame = isFrames ? await leadingFrame(reader) : null;
  const parsed = await readTags(reader, format.contentType).catch(() => null);
  if (parsed === null) {
    return {
      metadata: frame === null ? {} : frameMetadata(frame),
      errors: [{ code: "partial_metadata", detail: "tags and duration could not be read" }],
    };
  }
  return {
    metadata: { ...commonTags(parsed), ...soundFormat(parsed), ...(frame === null ? {} : frameMetadata(frame)) },
  };
}

/** Technical fields as music-metadata gives them. */
export function soundFormat({ format }: IAudioMetadata): MetadataDraft {
  const isEstimate =
    format.codecProfile === "CBR" || format.container === "ADTS/MPEG-4" || format.container === "ADTS/MPEG-2";
  const seconds = format.duration;
  const described = format.codec ?? format.trackInfo[0]?.codecName;
  return {
    container: format.container,
    ...(seconds === undefined
      ? {}
      : { durationSeconds: seconds, durationSource: isEstimate ? "estimated" : "container" }),
    bitsPerSecond: format.bitrate,
    audioCodec:
      described === undefined
        ? codecOfContainer(format.container ?? "")
        : pcmAware(described, format.container ?? "", format.bitsPerSample ?? 16),
    channels: format.numberOfChannels,
    sampleRateHz: format.sampleRate,
    bitsPerSample: format.bitsPerSample,
    isLossless: format.lossless,
  };
}

function codecOfContainer(container: string): string | null {
  if (/monkey/i.test(container)) return "ape";
  if (/wavpack/i.test(container)) return "wavpack";
  if (/flac/i.test(container)) return "flac";
  if (/musepack/i.test(container)) return container.includes("8") ? "musepack8" : "musepack7";
  return null;
}

/** AIFF stores big-endian samples; its compressed sibling names the rest. */
function pcmAware(description: string, container: string, bitsPerSample: number): string {
  if (/wavpack/i.test(container)) return "wavpack";
  if (/^pcm/i.test(description)) {
    const endian = /aif/i.test(container) ? "be" : "le";
    return bitsPerSample <= 8 ? "pcm_s8" : `pcm_s${Math.ceil(bitsPerSample / 8) * 8}${endian}`;
  }
  return spokenCodec(description);
}

function frameMetadata(frame: AudioFrame): MetadataDraft {
  return {
    audioCodec: frame.codec,
    sampleRateHz: frame.sampleRateHz,
    ...(frame.channels > 0 ? { channels: frame.channels } : {}),
  };
}

/** The first sure frame after any ID3v2 tag. */
async function leadingFrame(reader: RangeReader): Promise<AudioFrame | null> {
  const tagBytes = id3Bytes(new ByteView(await reader.read(0, 10)));
  // A tag that claims more than it holds hides frames: they are sought from the start, too.
  for (const from of tagBytes === 0 ? [0] : [tagBytes, 0]) {
    const bytes = await reader.read(from, BLOCK_BYTES);
    const found = firstAudioFrame(bytes, from + bytes.length === reader.sizeBytes);
    if (found !== null) return found.frame;
  }
  return null;
}
