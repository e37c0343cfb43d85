/**
 * Mediabunny behind its guards. It is the best range reader there is, but trusts what it reads:
 *
 * G1  A loop that asks for no new bytes is ended by the source claiming to be disposed after 20,000 looks at it
 *     (`_disposed` is internal: the version is pinned, and a test fails when the name changes).
 * G2  MP4 sample tables are checked by `movie-header` before this is called.
 * G3  Tags of ID3 are never asked of it: an unsynchronised region past the data allocates gigabytes.
 */
import { CustomSource, Input, type InputAudioTrack, type InputFormat, type InputVideoTrack } from "mediabunny";
import type { MetadataDraft } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";
import { demuxerCodec } from "./codec-names.ts";

/** Looks at a source that ordinary files stay far below (facts: 4,302 mutated files, none past it without looping). */
const MAX_LOOKS = 20_000;
const CACHE_BYTES = 4 * 1024 * 1024;
/** Enough packets that a rate settles, few enough to stay in the first blocks. */
const PROBED_PACKETS = 120;
/** A rate out of fewer packets is the time scale, not a rate. */
const MIN_PROBED_PACKETS = 3;
const MAX_FRAMES_PER_SECOND = 480;

/** The reader as the demuxer's source, with the guard against loops in it. */
export function guardedSource(reader: RangeReader): CustomSource {
  const source = new CustomSource({
    getSize: () => reader.sizeBytes,
    read: async (start, end) => reader.read(start, end - start),
    maxCacheSize: CACHE_BYTES,
    prefetchProfile: "none",
    handleUnhandledError: () => undefined,
  });
  let looks = 0;
  let disposed = false;
  Object.defineProperty(source, "_disposed", {
    get: () => {
      looks += 1;
      return disposed || looks > MAX_LOOKS;
    },
    set: (value: boolean) => {
      disposed = value;
    },
  });
  return source;
}

/** Opens the file, runs `use`, and always lets go. */
export async function withDemuxer<T>(
  reader: RangeReader,
  formats: InputFormat[],
  use: (input: Input) => Promise<T>,
): Promise<T> {
  const input = new Input({ source: guardedSource(reader), formats });
  try {
    return await use(input);
  } finally {
    input.dispose();
  }
}

/** One field that cannot be read must not take the others with it. */
async function or<T>(value: Promise<T>): Promise<T | null> {
  try {
    return await value;
  } catch {
    return null;
  }
}

/** Picture fields of a track; `probe` counts packets for the frame rate, which takes reads. */
export async function videoMetadata(track: InputVideoTrack, rate: "probe" | "skip"): Promise<MetadataDraft> {
  const codec = await or(track.getCodec());
  const rotation = await or(track.getRotation());
  return {
    videoCodec: codec === null ? null : demuxerCodec(codec),
    videoCodecString: await or(track.getCodecParameterString()),
    width: await or(track.getCodedWidth()),
    height: await or(track.getCodedHeight()),
    rotationDegrees: rotation,
    isHdr: await or(track.hasHighDynamicRange()),
    framesPerSecond: rate === "probe" ? await frameRate(track) : null,
  };
}

async function frameRate(track: InputVideoTrack): Promise<number | null> {
  const stats = await or(track.computePacketStats(PROBED_PACKETS, { metadataOnly: true }));
  return stats === null || stats.packetCount < MIN_PROBED_PACKETS ? null : plausibleRate(stats.averagePacketRate);
}

/** `null` for a rate beyond any camera: a time scale taken for one. */
export function plausibleRate(framesPerSecond: number): number | null {
  return framesPerSecond > 0 && framesPerSecond <= MAX_FRAMES_PER_SECOND ? framesPerSecond : null;
}

/** Sound fields of a track. */
export async function audioMetadata(track: InputAudioTrack): Promise<MetadataDraft> {
  const codec = await or(track.getCodec());
  return {
    audioCodec: codec === null ? null : demuxerCodec(codec),
    channels: await or(track.getNumberOfChannels()),
    sampleRateHz: await or(track.getSampleRate()),
  };
}
