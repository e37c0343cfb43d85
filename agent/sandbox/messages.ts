/**
 * What the agent and the process of a pass say to each other. The process reads hostile files, so what it says is
 * parsed like anything from outside.
 */
import { z } from "zod";
import { NewInsight } from "../../shared/contracts/insight.ts";
import { Metadata, Reason } from "../../shared/contracts/media.ts";
import type { Step } from "../../shared/contracts/operations.ts";
import type { PassContext } from "../engine.ts";

const ProducedFile = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,79}$/),
  path: z.string(),
  contentType: z.string().max(100),
});

const Outcome = z.discriminatedUnion("status", [
  z.strictObject({
    status: z.literal("succeeded"),
    insights: z.array(NewInsight.omit({ artifact: true }).extend({ file: ProducedFile.nullable() })).max(50_000),
    metadata: Metadata.optional(),
  }),
  z.strictObject({ status: z.literal("skipped"), reason: Reason }),
  z.strictObject({ status: z.literal("failed"), reason: Reason }),
]);
export type Outcome = z.infer<typeof Outcome>;

/** `id` is answered by `done` when what was asked is durable. */
const id = z.int().min(1);
const fraction = z.number().min(0).max(1);

export const FromChild = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({ type: z.literal("result"), id, step: z.string(), outcome: Outcome }),
  z.strictObject({ type: z.literal("progress"), id, fraction, segment: z.int().min(0).nullable() }),
  z.strictObject({ type: z.literal("save"), id, state: z.json(), nextSegment: z.int().min(0), fraction }),
  z.strictObject({ type: z.literal("finished") }),
  /** The pass threw: a fault of its own. */
  z.strictObject({ type: z.literal("fault"), detail: z.string().max(1000) }),
]);
export type FromChild = z.infer<typeof FromChild>;

/** A request of the child, before it is numbered. */
type Unnumbered<T> = T extends { id: number } ? Omit<T, "id"> : never;
export type Ask = Unnumbered<FromChild>;

export type ToChild =
  | {
      readonly type: "run";
      readonly pass: string;
      readonly steps: readonly Step[];
      readonly context: Pick<PassContext, "inputPath" | "input" | "scratchDir" | "savedState">;
    }
  | { readonly type: "done"; readonly id: number };
