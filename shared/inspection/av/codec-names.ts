/**
 * The vocabulary of `videoCodec` and `audioCodec`: FFmpeg's short names in lower case, such as `h264 hevc vp8 vp9 av1
 * prores mpeg4 mjpeg theora wmv2` and `aac mp3 mp2 opus vorbis flac alac ac3 eac3 dts amr_nb speex wavpack wmav2
 * pcm_s16le pcm_alaw adpcm_ima_wav`. A codec without a known name keeps its container's own code in lower case.
 */

const ISO_SAMPLE_ENTRIES: Readonly<Record<string, string>> = {
  avc1: "h264",
  avc3: "h264",
  hvc1: "hevc",
  hev1: "hevc",
  dvh1: "hevc",
  dvhe: "hevc",
  vp08: "vp8",
  vp09: "vp9",
  av01: "av1",
  vvc1: "vvc",
  vvi1: "vvc",
  mp4v: "mpeg4",
  s263: "h263",
  h263: "h263",
  jpeg: "mjpeg",
  mjpa: "mjpegb",
  mjpb: "mjpegb",
  apch: "prores",
  apcn: "prores",
  apcs: "prores",
  apco: "prores",
  ap4h: "prores",
  ap4x: "prores",
  "rle ": "qtrle",
  SVQ1: "svq1",
  SVQ3: "svq3",
  mp4a: "aac",
  samr: "amr_nb",
  sawb: "amr_wb",
  alac: "alac",
  "ac-3": "ac3",
  "ec-3": "eac3",
  Opus: "opus",
  fLaC: "flac",
  ".mp3": "mp3",
  dtsc: "dts",
  sowt: "pcm_s16le",
  twos: "pcm_s16be",
  "raw ": "pcm_u8",
  ulaw: "pcm_mulaw",
  alaw: "pcm_alaw",
  ima4: "adpcm_ima_qt",
};

/** By the four-character code of a sample entry; `null` for an empty one. */
export function isoCodec(sampleEntry: string): string | null {
  if (sampleEntry === "") return null;
  return ISO_SAMPLE_ENTRIES[sampleEntry] ?? sampleEntry.trim().toLowerCase();
}

/** Names of the demuxer in use for MP4, Matroska and transport streams. */
export function demuxerCodec(name: string): string {
  if (name === "avc") return "h264";
  if (name === "ulaw") return "pcm_mulaw";
  if (name === "alaw") return "pcm_alaw";
  const pcm = /^pcm-([suf])(\d+)(be)?$/.exec(name);
  if (pcm === null) return name;
  return pcm[2] === "8" ? `pcm_${pcm[1]}8` : `pcm_${pcm[1]}${pcm[2]}${pcm[3] ?? "le"}`;
}

const MATROSKA: readonly (readonly [prefix: string, name: string])[] = [
  ["V_MPEG4/ISO/AVC", "h264"],
  ["V_MPEGH/ISO/HEVC", "hevc"],
  ["V_MPEGI/ISO/VVC", "vvc"],
  ["V_MPEG4", "mpeg4"],
  ["V_MPEG2", "mpeg2video"],
  ["V_MPEG1", "mpeg1video"],
  ["V_VP8", "vp8"],
  ["V_VP9", "vp9"],
  ["V_AV1", "av1"],
  ["V_THEORA", "theora"],
  ["V_PRORES", "prores"],
  ["V_MJPEG", "mjpeg"],
  ["V_FFV1", "ffv1"],
  ["A_AAC", "aac"],
  ["A_MPEG/L3", "mp3"],
  ["A_MPEG/L2", "mp2"],
  ["A_MPEG/L1", "mp1"],
  ["A_AC3", "ac3"],
  ["A_EAC3", "eac3"],
  ["A_DTS", "dts"],
  ["A_OPUS", "opus"],
  ["A_VORBIS", "vorbis"],
  ["A_FLAC", "flac"],
  ["A_ALAC", "alac"],
  ["A_TRUEHD", "truehd"],
  ["A_PCM/INT/BIG", "pcm_s16be"],
  ["A_PCM/INT/LIT", "pcm_s16le"],
  ["A_PCM/FLOAT", "pcm_f32le"],
  ["A_WAVPACK4", "wavpack"],
  ["A_TTA1", "tta"],
];

/** By `CodecID`, whose beginning names the codec. */
export function matroskaCodec(codecId: string): string {
  return MATROSKA.find(([prefix]) => codecId.startsWith(prefix))?.[1] ?? codecId.toLowerCase();
}

const WAVE_TAGS: Readonly<Record<number, string>> = {
  0x0002: "adpcm_ms",
  0x0006: "pcm_alaw",
  0x0007: "pcm_mulaw",
  0x0011: "adpcm_ima_wav",
  0x0031: "gsm_ms",
  0x0050: "mp2",
  0x0055: "mp3",
  0x00ff: "aac",
  0x0160: "wmav1",
  0x0161: "wmav2",
  0x0162: "wmapro",
  0x0163: "wmalossless",
  0x1610: "aac",
  0x2000: "ac3",
  0x2001: "dts",
};

/** Format tags of WAVE and AVI audio (RFC 2361 and mmreg.h); an unknown tag stays a hexadecimal number. */
export function waveCodec(tag: number, bitsPerSample: number): string {
  if (tag === 1) return bitsPerSample <= 8 ? "pcm_u8" : `pcm_s${Math.ceil(bitsPerSample / 8) * 8}le`;
  if (tag === 3) return bitsPerSample === 64 ? "pcm_f64le" : "pcm_f32le";
  return WAVE_TAGS[tag] ?? `0x${tag.toString(16).padStart(4, "0")}`;
}

const FOUR_CC: Readonly<Record<string, string>> = {
  h264: "h264",
  x264: "h264",
  avc1: "h264",
  hevc: "hevc",
  xvid: "mpeg4",
  divx: "mpeg4",
  dx50: "mpeg4",
  fmp4: "mpeg4",
  mp4v: "mpeg4",
  div3: "msmpeg4v3",
  mp43: "msmpeg4v3",
  mp42: "msmpeg4v2",
  mjpg: "mjpeg",
  dvsd: "dvvideo",
  cvid: "cinepak",
  iv32: "indeo3",
  iv50: "indeo5",
  wmv1: "wmv1",
  wmv2: "wmv2",
  wmv3: "wmv3",
  wvc1: "vc1",
  mpg2: "mpeg2video",
  mpg1: "mpeg1video",
  h263: "h263",
  u263: "h263",
  mrle: "msrle",
  msvc: "msvideo1",
  vp80: "vp8",
  vp90: "vp9",
  av01: "av1",
  ffv1: "ffv1",
  hfyu: "huffyuv",
};

/** Compression codes of AVI and ASF video; an all-zero code is uncompressed. */
export function fourCcCodec(code: string): string | null {
  const key = code.trim().toLowerCase();
  if (key === "" || key === "\0\0\0\0") return "rawvideo";
  return FOUR_CC[key] ?? (/^[\w-]{2,4}$/.test(key) ? key : null);
}

const SPOKEN: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^mpeg.*layer 3|^mp3/i, "mp3"],
  [/^mpeg.*layer 2|^mp2/i, "mp2"],
  [/^mpeg.*layer 1/i, "mp1"],
  [/^opus/i, "opus"],
  [/^vorbis/i, "vorbis"],
  [/^speex/i, "speex"],
  [/^flac/i, "flac"],
  [/^alac/i, "alac"],
  [/wavpack/i, "wavpack"],
  [/^monkey/i, "ape"],
  [/^musepack.*sv8/i, "musepack8"],
  [/^musepack|^mpc/i, "musepack7"],
  [/^aac|mpeg-4.*aac|^adts/i, "aac"],
  [/^windows media audio 9.*lossless/i, "wmalossless"],
  [/^windows media audio.*(pro)/i, "wmapro"],
  [/^windows media audio/i, "wmav2"],
  [/^ac-?3/i, "ac3"],
  [/^e-?ac-?3/i, "eac3"],
  [/mu-?law|ulaw/i, "pcm_mulaw"],
  [/a-?law/i, "pcm_alaw"],
  [/^dst/i, "dst"],
  [/^dsd/i, "dsd"],
];

/** Codec descriptions in words, as tag readers give them. */
export function spokenCodec(description: string): string {
  return SPOKEN.find(([pattern]) => pattern.test(description))?.[1] ?? description.toLowerCase();
}
