/** Matroska and WebM: the demuxer for tracks, music-metadata for tags and for codecs the demuxer has no name for. */
import { MATROSKA, WEBM } from "mediabunny";
import type { IAudioMetadata, ITrackInfo } from "music-metadata";
import type { Finding, MetadataDraft } from "../finding.ts";
import type { Format } from "../format.ts";
import type { RangeReader } from "../range-reader.ts";
import { matroskaCodec } from "./codec-names.ts";
import { audioMetadata, plausibleRate, videoMetadata, withDemuxer } from "./demuxer.ts";
import { commonTags, readTags } from "./tags.ts";

const VIDEO_TRACK = 1;
const AUDIO_TRACK = 2;

/** Accepts always, as sound when no picture track is known; `partial_metadata` when no track can be read. */
export async function inspectMatroska(reader: RangeReader, format: Format): Promise<Finding> {
  const tags = await readTags(reader, format.contentType).catch(() => null);
  const deep = await demuxed(reader).catch(() => null);
  if (tags === null && deep === null) {
    return { metadata: {}, errors: [{ code: "partial_metadata", detail: "no track could be read" }] };
  }
  const metadata: MetadataDraft = tags === null ? {} : tracksOfTags(tags);
  for (const [key, value] of Object.entries(deep ?? {})) {
    if (value !== null && value !== undefined) Object.assign(metadata, { [key]: value });
  }
  const isSound = metadata.videoCodec === undefined && metadata.audioCodec !== undefined;
  const contentType = format.contentType === "video/webm" ? "audio/webm" : "audio/x-matroska";
  return { metadata, ...(isSound ? { mediaType: "audio" as const, contentType } : {}) };
}

function tracksOfTags(parsed: IAudioMetadata): MetadataDraft {
  const { format } = parsed;
  const video = trackOf(format.trackInfo, VIDEO_TRACK);
  const audio = trackOf(format.trackInfo, AUDIO_TRACK);
  return {
    ...commonTags(parsed),
    container: format.container,
    ...(format.duration === undefined ? {} : { durationSeconds: format.duration, durationSource: "container" }),
    ...(video?.codecId === undefined
      ? {}
      : {
          videoCodec: matroskaCodec(video.codecId),
          width: video.video?.pixelWidth,
          height: video.video?.pixelHeight,
          framesPerSecond: plausibleRate(video.video?.frameRate ?? 0),
        }),
    ...(audio?.codecId === undefined
      ? {}
      : {
          audioCodec: matroskaCodec(audio.codecId),
          channels: audio.audio?.channels,
          sampleRateHz: audio.audio?.samplingFrequency,
        }),
  };
}

function trackOf(tracks: readonly ITrackInfo[], type: number): ITrackInfo | undefined {
  return tracks.find((track) => Number(track.type) === type);
}

async function demuxed(reader: RangeReader): Promise<MetadataDraft> {
  return withDemuxer(reader, [MATROSKA, WEBM], async (input) => {
    const video = await input.getPrimaryVideoTrack();
    const audio = await input.getPrimaryAudioTrack();
    const written = await input.getDurationFromMetadata().catch(() => null);
    const computed = written === null ? await input.computeDuration().catch(() => null) : null;
    const seconds = written ?? computed;
    return {
      ...(audio === null ? {} : await audioMetadata(audio)),
      ...(video === null ? {} : await videoMetadata(video, "probe")),
      ...(seconds === null
        ? {}
        : { durationSeconds: seconds, durationSource: written === null ? "computed" : "container" }),
    };
  });
}
