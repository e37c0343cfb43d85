/** What an asset goes through: steps and what each needs first. */
import { z } from "zod";
import { pipelineFault } from "../core/analysis/dag.ts";
import { Step } from "./operations.ts";

export const PipelineStep = Step.extend({
  // What describes the API cannot follow the recursive JSON type.
  parameters: Step.shape.parameters.default({}).meta({ type: "object", additionalProperties: true }),
  /** Steps whose results this one needs: it starts when all have succeeded, and is skipped when one has not. */
  dependsOn: z.array(Step.shape.id).max(64).default([]),
  /** Steps of one lane that are ready together share a job; lanes run side by side. */
  lane: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/)
    .default("main"),
  /** Without this step's result the asset is of no use: its failure ends the analysis, and nothing half-made stays. */
  required: z.boolean().default(false),
});
export type PipelineStep = z.infer<typeof PipelineStep>;

/** A directed graph without cycles. PERSISTED CONTRACT. */
export const Pipeline = z
  .strictObject({
    /** `name@version`. */
    name: z.string().regex(/^[a-z][a-z0-9-]{0,59}@[1-9][0-9]{0,5}$/),
    steps: z.array(PipelineStep).min(1).max(64),
  })
  .superRefine(({ steps }, context) => {
    const fault = pipelineFault(steps);
    if (fault !== null) context.addIssue({ code: "custom", path: ["steps", fault.index], message: fault.detail });
  });
export type Pipeline = z.infer<typeof Pipeline>;
