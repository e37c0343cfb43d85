/** The pass of video: one decode of pictures and sound, segment by segment, then everything asked for from it. */
import { z } from "zod";
import type { Step } from "../../../../shared/contracts/operations.ts";
import type { Pass, StepOutcome } from "../../../engine.ts";
import { followMedia } from "./follow-media.ts";
import { isSightOperation, SIGHT_OPERATIONS, sightOf, type SightOperation } from "./sight-findings.ts";
import { isSoundOperation, SOUND_OPERATIONS, soundOutcome, withoutTrack } from "./sound-findings.ts";

const SEGMENT_SECONDS = 10;

/** The parameter of a `shots` step that sets how much is lost when the machine goes away. */
const SegmentSeconds = z.number().min(1).max(60);

export const timelinePass: Pass = {
  name: "timeline",
  operations: [...SIGHT_OPERATIONS, ...SOUND_OPERATIONS],
  accepts: (input) => input.mediaType === "video",
  async run(steps, context) {
    const { inputPath, scratchDir } = context;
    const asked = steps.map((step) => step.operation);
    const sightAsked = new Set(asked.filter(isSightOperation));
    const { video, audio } = await followMedia(context, {
      video: sightAsked.size > 0,
      audio: asked.some(isSoundOperation),
      segmentMs: segmentSecondsOf(steps) * 1000,
    });
    for (const { id, operation } of steps) {
      if (isSoundOperation(operation)) await context.result(id, await soundOutcome(operation, audio, scratchDir));
    }
    const tell = await teller(video, inputPath, sightAsked);
    for (const { id, operation } of steps) {
      if (isSightOperation(operation)) await context.result(id, await tell(operation, scratchDir));
    }
  },
};

type Followed = Awaited<ReturnType<typeof followMedia>>["video"];
type Tell = (operation: SightOperation, scratchDir: string) => Promise<StepOutcome>;

async function teller(video: Followed, path: string, asked: ReadonlySet<SightOperation>): Promise<Tell> {
  if (!video.ok) return () => Promise.resolve(withoutTrack(video));
  const { frames, lostFrames, decodeErrors } = video.state;
  if (frames === lostFrames) {
    const detail = `No picture could be decoded: ${frames} frames, ${decodeErrors} errors.`;
    return () => Promise.resolve({ status: "failed", reason: { code: "undecodable", detail } });
  }
  const sight = await sightOf(path, video.state, asked);
  return (operation, scratchDir) => sight.tell(operation, scratchDir);
}

function segmentSecondsOf(steps: readonly Step[]): number {
  const parameters = steps.find((step) => step.operation === "shots")?.parameters ?? {};
  const parsed = SegmentSeconds.safeParse(parameters["segmentSeconds"]);
  return parsed.success ? parsed.data : SEGMENT_SECONDS;
}
