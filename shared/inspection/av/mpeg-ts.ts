/** MPEG transport streams: the demuxer, with the time the stream starts at taken off its end. */
import { MPEG_TS } from "mediabunny";
import type { Finding } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";
import { audioMetadata, videoMetadata, withDemuxer } from "./demuxer.ts";

/** Accepts always; `partial_metadata` when a codec is unknown to the demuxer. */
export async function inspectMpegTs(reader: RangeReader): Promise<Finding> {
  try {
    return await withDemuxer(reader, [MPEG_TS], async (input) => {
      const video = await input.getPrimaryVideoTrack();
      const audio = await input.getPrimaryAudioTrack();
      const start = await input.getFirstTimestamp().catch(() => null);
      const end = await input.computeDuration().catch(() => null);
      const seconds = start === null || end === null ? null : end - start;
      const isSound = video === null && audio !== null;
      return {
        metadata: {
          container: "MPEG-TS",
          ...(audio === null ? {} : await audioMetadata(audio)),
          ...(video === null ? {} : await videoMetadata(video, "probe")),
          ...(seconds === null ? {} : { durationSeconds: seconds, durationSource: "computed" as const }),
        },
        // A stream without a known picture may have one in a codec the demuxer does not know.
        errors: isSound ? [{ code: "partial_metadata", detail: "no picture of a known codec" }] : [],
      };
    });
  } catch {
    return {
      metadata: { container: "MPEG-TS" },
      errors: [{ code: "partial_metadata", detail: "no track could be read" }],
    };
  }
}
