/** AVI: the header list at the start of the file (Microsoft's AVI RIFF reference). */
import { ByteView } from "../byte-view.ts";
import type { Finding, MetadataDraft } from "../finding.ts";
import { BLOCK_BYTES, type RangeReader } from "../range-reader.ts";
import { fourCcCodec, waveCodec } from "./codec-names.ts";
import { plausibleRate } from "./demuxer.ts";

const MAX_CHUNKS = 512;

/** Accepts always; the agent reads what the header list does not say. */
export async function inspectAvi(reader: RangeReader): Promise<Finding> {
  const draft: MetadataDraft = { container: "AVI", rotationDegrees: 0 };
  let kind = "";
  for (const { type, body } of chunks(new ByteView(await reader.read(0, BLOCK_BYTES)))) {
    if (type === "strh" && body.length >= 36) {
      kind = body.latin1(0, 4);
      if (kind === "vids" && draft.framesPerSecond === undefined) Object.assign(draft, timing(body));
    }
    if (type === "strf") Object.assign(draft, { ...streamFormat(kind, body), ...draft });
    if (type === "INAM") draft.title = body.utf8(0, body.length);
    if (type === "IART") draft.artist = body.utf8(0, body.length);
  }
  return { metadata: draft };
}

/** The chunks before the media data, those inside of lists as well. */
function* chunks(view: ByteView): Generator<{ type: string; body: ByteView }> {
  let at = 12;
  for (let i = 0; i < MAX_CHUNKS && at + 8 <= view.length; i += 1) {
    const type = view.latin1(at, 4);
    const length = view.u32(at + 4, true);
    const body = view.slice(at + 8, Math.min(length, view.length - at - 8));
    if (type === "LIST") {
      if (body.startsWith("movi")) return;
      at += 12;
      continue;
    }
    yield { type, body };
    at += 8 + length + (length & 1);
  }
}

function streamFormat(kind: string, body: ByteView): MetadataDraft {
  if (kind === "vids" && body.length >= 20) {
    const videoCodec = fourCcCodec(body.latin1(16, 4));
    return { width: body.u32(4, true), height: Math.abs(body.i32(8, true)), videoCodec };
  }
  if (kind === "auds" && body.length >= 16) {
    const audioCodec = waveCodec(body.u16(0, true), body.u16(14, true));
    return { audioCodec, channels: body.u16(2, true), sampleRateHz: body.u32(4, true) };
  }
  return {};
}

function timing(strh: ByteView): MetadataDraft {
  const scale = strh.u32(20, true);
  const rate = strh.u32(24, true);
  const frames = strh.u32(32, true);
  if (scale === 0 || rate === 0) return {};
  return {
    framesPerSecond: plausibleRate(rate / scale),
    ...(frames > 0 ? { durationSeconds: (frames * scale) / rate, durationSource: "container" } : {}),
  };
}
