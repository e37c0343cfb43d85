/** Flash video: the first tags, and the `onMetaData` values (Adobe FLV specification, annex E). */
import { ByteView, indexOfText } from "../byte-view.ts";
import type { Finding, MetadataDraft } from "../finding.ts";
import { BLOCK_BYTES, type RangeReader } from "../range-reader.ts";
import { plausibleRate } from "./demuxer.ts";

const AUDIO = [
  "pcm_s16le",
  "adpcm_swf",
  "mp3",
  "pcm_s16le",
  "nellymoser",
  "nellymoser",
  "nellymoser",
  "pcm_alaw",
  "pcm_mulaw",
  "",
  "aac",
  "speex",
  "",
  "",
  "mp3",
  "",
];
const VIDEO = ["", "", "flv1", "flashsv", "vp6f", "vp6a", "flashsv2", "h264", "", "", "", "", "hevc"];
const RATES_HZ = [5512, 11_025, 22_050, 44_100];
const MAX_TAGS = 32;

/** Accepts always; the first tags tell codecs, `onMetaData` the rest. */
export async function inspectFlv(reader: RangeReader): Promise<Finding> {
  const view = new ByteView(await reader.read(0, BLOCK_BYTES));
  const draft: MetadataDraft = { container: "FLV", rotationDegrees: 0 };
  let at = view.u32(5) + 4;
  for (let i = 0; i < MAX_TAGS && at + 13 <= view.length; i += 1) {
    const type = view.u8(at) & 31;
    const length = view.u32(at) & 0xff_ffff;
    const first = view.u8(at + 11);
    if (type === 8) Object.assign(draft, { ...sound(first), ...draft });
    if (type === 9) draft.videoCodec ??= VIDEO[first & 15];
    if (type === 18) Object.assign(draft, written(view.slice(at + 11, Math.min(length, view.length - at - 11))));
    at += 15 + length;
  }
  return { metadata: draft };
}

function sound(flags: number): MetadataDraft {
  const codec = AUDIO[flags >> 4];
  return { audioCodec: codec, channels: (flags & 1) + 1, sampleRateHz: RATES_HZ[(flags >> 2) & 3] };
}

/** Numbers of `onMetaData`: a name, the AMF0 marker 0, and a double. */
function written(script: ByteView): MetadataDraft {
  const number = (name: string): number | null => {
    const key = String.fromCodePoint(0, name.length) + name + "\0";
    const at = indexOfText(script.bytes, key);
    const from = at + key.length;
    return at === -1 || from + 8 > script.length ? null : script.f64(from);
  };
  const seconds = number("duration");
  return {
    width: number("width"),
    height: number("height"),
    framesPerSecond: plausibleRate(number("framerate") ?? 0),
    ...(seconds === null || seconds <= 0 ? {} : { durationSeconds: seconds, durationSource: "container" }),
  };
}
