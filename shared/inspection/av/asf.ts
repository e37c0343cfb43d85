/** ASF (WMA, WMV): tags and duration through music-metadata, streams from their properties objects. */
import { ByteView, indexOfText } from "../byte-view.ts";
import type { Finding, MetadataDraft } from "../finding.ts";
import type { Format } from "../format.ts";
import { BLOCK_BYTES, type RangeReader } from "../range-reader.ts";
import { fourCcCodec, waveCodec } from "./codec-names.ts";
import { soundFormat } from "./tagged-audio.ts";
import { commonTags, readTags } from "./tags.ts";

/** ASF_Stream_Properties_Object, ASF_Audio_Media and ASF_Video_Media as they lie in the file (ASF specification, 10). */
const STREAM = "\x91\x07\xdc\xb7\xb7\xa9\xcf\x11\x8e\xe6\x00\xc0\x0c\x20\x53\x65";
const AUDIO = "\x40\x9e\x69\xf8";
const VIDEO = "\xc0\xef\x19\xbc";
const MAX_STREAMS = 16;

/** Accepts always, as sound when no picture stream is known. */
export async function inspectAsf(reader: RangeReader, format: Format): Promise<Finding> {
  const streams = streamMetadata(new ByteView(await reader.read(0, BLOCK_BYTES)));
  const parsed = await readTags(reader, format.contentType).catch(() => null);
  const isSound =
    streams.videoCodec === undefined && (streams.audioCodec !== undefined || parsed?.format.hasVideo !== true);
  return {
    metadata: {
      ...(parsed === null ? {} : { ...commonTags(parsed), ...soundFormat(parsed) }),
      container: "ASF",
      ...streams,
    },
    ...(parsed === null
      ? { errors: [{ code: "partial_metadata", detail: "tags and duration could not be read" }] }
      : {}),
    ...(isSound ? { mediaType: "audio" as const, contentType: "audio/x-ms-wma" } : { contentType: "video/x-ms-wmv" }),
  };
}

function streamMetadata(head: ByteView): MetadataDraft {
  const draft: MetadataDraft = {};
  let at = indexOfText(head.bytes, STREAM);
  for (let i = 0; i < MAX_STREAMS && at !== -1 && at + 78 + 29 <= head.length; i += 1) {
    const data = at + 78;
    if (head.startsWith(AUDIO, at + 24) && draft.audioCodec === undefined) {
      draft.audioCodec = waveCodec(head.u16(data, true), head.u16(data + 14, true));
      draft.channels = head.u16(data + 2, true);
      draft.sampleRateHz = head.u32(data + 4, true);
    } else if (head.startsWith(VIDEO, at + 24) && draft.videoCodec === undefined) {
      draft.width = head.u32(data, true);
      draft.height = head.u32(data + 4, true);
      draft.videoCodec = data + 31 <= head.length ? fourCcCodec(head.latin1(data + 27, 4)) : null;
      draft.rotationDegrees = 0;
    }
    at = indexOfText(head.bytes, STREAM, at + 16);
  }
  return draft;
}
