/** What a step's result depends on: two steps of one recipe over the same bytes have the same result. Pure. */
import type { Step } from "../../contracts/operations.ts";
import { canonicalJson } from "../canonical-json.ts";

/**
 * Stands for the algorithms and models behind all operations. Whoever changes what an engine finds raises it: results
 * of an earlier epoch are then never used again.
 */
export const ENGINE_EPOCH = "cpu@1";

/** One text per recipe; its SHA-256 is the key of the step cache. */
export const stepRecipe = (
  input: { readonly sha256: string; readonly contentType: string },
  { operation, parameters }: Pick<Step, "operation" | "parameters">,
): string =>
  canonicalJson({
    sha256: input.sha256,
    contentType: input.contentType,
    operation,
    parameters,
    engine: ENGINE_EPOCH,
  });
