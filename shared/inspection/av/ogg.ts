/** Ogg (RFC 3533): sound through music-metadata, a Theora picture from its identification header. */
import { ByteView, indexOfText } from "../byte-view.ts";
import type { Finding, MetadataDraft } from "../finding.ts";
import type { Format } from "../format.ts";
import type { RangeReader } from "../range-reader.ts";
import { lastPageSeconds } from "./ogg-duration.ts";
import { soundFormat } from "./tagged-audio.ts";
import { commonTags, readTags } from "./tags.ts";

/** Accepts always; `partial_metadata` when the headers of the sound cannot be read. */
export async function inspectOgg(reader: RangeReader, format: Format): Promise<Finding> {
  const picture = theora(new ByteView(await reader.read(0, 4096)));
  const parsed = await readTags(reader, format.contentType).catch(() => null);
  if (parsed === null) {
    return {
      metadata: picture,
      errors: [{ code: "partial_metadata", detail: "the sound's headers could not be read" }],
    };
  }
  const sound = soundFormat(parsed);
  const seconds = sound.durationSeconds ?? (await lastPageSeconds(reader));
  return {
    metadata: {
      ...commonTags(parsed),
      ...sound,
      ...picture,
      ...(seconds === null ? {} : { durationSeconds: seconds, durationSource: "container" as const }),
    },
  };
}

/** Theora specification, section 6.2: picture size in 24 bits, frame rate as a fraction. */
function theora(head: ByteView): MetadataDraft {
  const at = indexOfText(head.bytes, "\x80theora");
  if (at === -1 || at + 30 > head.length) return {};
  const u24 = (from: number): number => (head.u16(from) << 8) | head.u8(from + 2);
  const denominator = head.u32(at + 26);
  return {
    videoCodec: "theora",
    width: u24(at + 14),
    height: u24(at + 17),
    rotationDegrees: 0,
    framesPerSecond: denominator === 0 ? null : head.u32(at + 22) / denominator,
  };
}
