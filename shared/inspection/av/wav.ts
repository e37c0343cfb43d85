/** WAVE and RF64: the `fmt ` and `data` chunks by range; tags through music-metadata. */
import { ByteView } from "../byte-view.ts";
import type { Finding, MetadataDraft } from "../finding.ts";
import type { Format } from "../format.ts";
import type { RangeReader } from "../range-reader.ts";
import { waveCodec } from "./codec-names.ts";
import { tagMetadata } from "./tags.ts";

const MAX_CHUNKS = 256;
const EXTENSIBLE = 0xfffe;

/** What the chunks say, before it is put together. */
type Layout = {
  format: ByteView | null;
  dataBytes: number | null;
  longDataBytes: number | null;
  factSamples: number | null;
  isCut: boolean;
};

/** Accepts always; `truncated` in `errors` when the samples end early. */
export async function inspectWav(reader: RangeReader, format: Format): Promise<Finding> {
  const layout = await readLayout(reader);
  const sound = layout.format === null ? {} : sampleFormat(layout.format);
  const seconds = layout.format === null ? null : duration(layout, layout.format);
  const tags = await tagMetadata(reader, format.contentType);
  return {
    metadata: {
      ...tags,
      ...sound,
      container: "WAVE",
      ...(seconds === null ? {} : { durationSeconds: seconds, durationSource: "container" as const }),
    },
    errors: layout.isCut ? [{ code: "truncated", detail: "the file ends inside its samples" }] : [],
  };
}

async function readLayout(reader: RangeReader): Promise<Layout> {
  const layout: Layout = { format: null, dataBytes: null, longDataBytes: null, factSamples: null, isCut: false };
  let at = 12;
  for (let i = 0; i < MAX_CHUNKS; i += 1) {
    const chunk = new ByteView(await reader.read(at, 8 + 40));
    if (chunk.length < 8) break;
    const declared = chunk.u32(4, true);
    const type = chunk.latin1(0, 4);
    if (type === "ds64" && chunk.length >= 24) layout.longDataBytes = chunk.u64(16, true);
    if (type === "fact" && chunk.length >= 12) layout.factSamples = chunk.u32(8, true);
    if (type === "fmt " && chunk.length >= 24) layout.format = chunk;
    if (type === "data") {
      measureData(layout, declared, reader.sizeBytes - at - 8);
      break;
    }
    at += 8 + declared + (declared & 1);
  }
  return layout;
}

/** All ones means "see ds64" in RF64, and "unknown" in a stream that was never closed. */
function measureData(layout: Layout, declared: number, leftBytes: number): void {
  const isOpen = declared === 0xffff_ffff || declared === 0;
  const wanted = isOpen ? (layout.longDataBytes ?? leftBytes) : declared;
  layout.dataBytes = Math.min(wanted, leftBytes);
  layout.isCut = !isOpen && layout.dataBytes < wanted;
}

/** Block-compressed sound says how many samples a block holds; the byte rate in such files is often wrong. */
function duration({ dataBytes, factSamples }: Layout, format: ByteView): number | null {
  if (dataBytes === null) return null;
  const rate = format.u32(12, true);
  const bytesPerSecond = format.u32(16, true);
  const blockBytes = format.u16(20, true);
  const hasExtension = format.u32(4, true) >= 20 && format.length >= 28 && format.u16(8, true) !== EXTENSIBLE;
  const samplesPerBlock = hasExtension ? format.u16(26, true) : 0;
  if (samplesPerBlock <= 1 || blockBytes === 0 || rate === 0)
    return bytesPerSecond === 0 ? null : dataBytes / bytesPerSecond;
  const samples = Math.floor(dataBytes / blockBytes) * samplesPerBlock;
  return (factSamples !== null && factSamples > 0 ? Math.min(factSamples, samples) : samples) / rate;
}

function sampleFormat(chunk: ByteView): MetadataDraft {
  const tag = chunk.u16(8, true);
  const bitsPerSample = chunk.u16(22, true);
  // The real format of an extensible header is the first half of its GUID.
  const actual = tag === EXTENSIBLE && chunk.length >= 34 ? chunk.u16(32, true) : tag;
  return {
    audioCodec: waveCodec(actual, bitsPerSample),
    channels: chunk.u16(10, true),
    sampleRateHz: chunk.u32(12, true),
    bitsPerSecond: chunk.u32(16, true) * 8,
    ...(bitsPerSample > 0 ? { bitsPerSample } : {}),
    isLossless: actual === 1 || actual === 3,
  };
}
