/** The pass of sound: loudness, silence, waveform, and what its tags or its name say as a vector. */
import { LEXICAL_SPACE, lexicalVector } from "../../../../shared/core/embedding/lexical-vector.ts";
import type { Step } from "../../../../shared/contracts/operations.ts";
import type { Pass, PassContext, StepOutcome } from "../../../engine.ts";
import { finding } from "../finding.ts";
import { describeMedia } from "./describe-media.ts";
import { followMedia } from "./follow-media.ts";
import { openMedia } from "./media-file.ts";
import { isSoundOperation, SOUND_OPERATIONS, soundOutcome } from "./sound-findings.ts";

const SEGMENT_MS = 60_000;

export const audioPass: Pass = {
  name: "audio",
  operations: [...SOUND_OPERATIONS, "thumbnail", "embed"],
  accepts: (input) => input.mediaType === "audio",
  async run(steps, context) {
    const sound = steps.filter((step) => isSoundOperation(step.operation));
    const isHeard = sound.length === 0 || (await measure(sound, context));
    for (const { id, operation } of steps) {
      if (operation === "embed") await context.result(id, embedOutcome(context, isHeard));
      else if (!isSoundOperation(operation)) await context.result(id, NO_PICTURE);
    }
  },
};

/** Ends the steps about the sound; whether there was any to measure. */
async function measure(steps: readonly Step[], context: PassContext): Promise<boolean> {
  const { audio } = await followMedia(context, { video: false, audio: true, segmentMs: SEGMENT_MS });
  let isHeard = false;
  for (const { id, operation } of steps) {
    if (!isSoundOperation(operation)) continue;
    const outcome = await soundOutcome(operation, audio, context.scratchDir);
    isHeard ||= outcome.status === "succeeded";
    await context.result(id, outcome);
  }
  return isHeard;
}

const NO_PICTURE: StepOutcome = {
  status: "skipped",
  reason: { code: "no_picture", detail: "Sound has no moment to make a picture of." },
};

/**
 * The tags as inspection read them, where it read none as FFmpeg does, and where there are none the file's name: that
 * only of sound that could be heard, because a name alone says nothing about the content.
 */
function embedOutcome({ input, inputPath }: PassContext, isHeard: boolean): StepOutcome {
  const own = tagText(input.metadata);
  const tags = own === "" ? tagText(tagsByFfmpeg(inputPath, input.sizeBytes)) : own;
  const text = tags === "" && isHeard ? wordsOfName(input.name) : tags;
  const vector = text === "" ? [] : lexicalVector(text);
  if (!vector.some((value) => value !== 0)) {
    return {
      status: "skipped",
      reason: { code: "no_text", detail: "The file has no title, artist or album." },
    };
  }
  const embedding = { space: LEXICAL_SPACE, vector };
  const data = { dimensions: vector.length, from: tags === "" ? "name" : "tags" };
  return {
    status: "succeeded",
    insights: [finding(LEXICAL_SPACE, { kind: "embedding", data }, { text, embedding })],
  };
}

const wordsOfName = (name: string): string =>
  name
    .replace(/\.[^.]*$/, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

function tagText({ title, artist, album, genre }: PassContext["input"]["metadata"]): string {
  return [title, artist, album, genre].filter((tag) => tag !== undefined && tag.trim() !== "").join("\n");
}

function tagsByFfmpeg(path: string, sizeBytes: number): PassContext["input"]["metadata"] {
  const opened = openMedia(path);
  if (!opened.ok) return {};
  try {
    return describeMedia(opened.file, sizeBytes);
  } finally {
    opened.file.close();
  }
}
