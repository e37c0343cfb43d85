/** The pass that reads what the headers of video and audio say; FFmpeg knows containers that inspection does not. */
import { type Metadata, Metadata as MetadataSchema } from "../../../../shared/contracts/media.ts";
import type { Pass, StepOutcome } from "../../../engine.ts";
import { finding } from "../finding.ts";
import { codecNameOf, describeMedia } from "./describe-media.ts";
import { type MediaFile, openMedia } from "./media-file.ts";

const MODEL = "ffmpeg-probe-v1";
const MAX_LISTED_STREAMS = 32;
const STREAM_KINDS = ["video", "audio", "data", "subtitle", "attachment"];

export const avProbePass: Pass = {
  name: "av-probe",
  operations: ["probe"],
  accepts: (input) => input.mediaType === "video" || input.mediaType === "audio",
  async run(steps, context) {
    await context.progress(0, null);
    const outcome = probeOutcome(context.inputPath, context.input.sizeBytes);
    for (const step of steps) await context.result(step.id, outcome);
  },
};

function probeOutcome(path: string, sizeBytes: number): StepOutcome {
  const opened = openMedia(path);
  if (!opened.ok) return { status: "failed", reason: opened.reason };
  const { file } = opened;
  try {
    const metadata = readable(describeMedia(file, sizeBytes));
    const data = { streamCount: file.streams.length, streams: streamsOf(file) };
    const text = [metadata.title, metadata.artist, metadata.album].filter((part) => part !== undefined).join("\n");
    return {
      status: "succeeded",
      insights: [finding(MODEL, { kind: "streams", data }, { text: text === "" ? null : text })],
      metadata,
    };
  } finally {
    file.close();
  }
}

/** A hostile file can hold numbers outside the contract; such a field is left out. */
function readable(metadata: Metadata): Metadata {
  const parsed = MetadataSchema.safeParse(metadata);
  if (parsed.success) return parsed.data;
  const wrong = new Set(parsed.error.issues.map((issue) => issue.path[0]));
  return MetadataSchema.parse(Object.fromEntries(Object.entries(metadata).filter(([key]) => !wrong.has(key))));
}

function streamsOf({
  streams,
}: MediaFile): { index: number; kind: string; codec: string | null; language: string | null }[] {
  return streams.slice(0, MAX_LISTED_STREAMS).map((stream) => ({
    index: stream.index,
    kind: STREAM_KINDS[stream.codecpar.codecType] ?? "unknown",
    codec: codecNameOf(stream),
    language: stream.metadata?.get("language") ?? null,
  }));
}
