/** The engine that needs neither a model nor a GPU: real analysis on libraries that come with npm alone. */
import type { Pass } from "../../engine.ts";
import { audioPass } from "./av/audio.ts";
import { avProbePass } from "./av/probe.ts";
import { timelinePass } from "./av/timeline.ts";
import { documentPass } from "./document/pass.ts";
import { imagePass } from "./image/pass.ts";
import type { Operation } from "../../../shared/contracts/operations.ts";

/** In the order in which they run; the first that serves an operation for an input gets its step. */
const passes: readonly Pass[] = [imagePass, documentPass, avProbePass, timelinePass, audioPass];

export const cpuEngine: {
  readonly name: string;
  readonly operations: readonly Operation[];
  readonly passes: readonly Pass[];
} = {
  name: "cpu",
  operations: [...new Set(passes.flatMap((pass) => pass.operations))],
  passes,
};
