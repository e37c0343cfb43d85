/** What a step's result depends on: two steps of one recipe over the same bytes have the same result. Pure. */
import type { Operation, Step } from "../../contracts/operations.ts";
import { canonicalJson } from "../canonical-json.ts";

/**
 * Stands for the algorithms and models behind all operations. Whoever changes what an engine finds raises it: results
 * of an earlier epoch are then never used again.
 */
export const ENGINE_EPOCH = "cpu@1";

/** A recording without tags is embedded by the words of its file's name. */
const READS_NAME: ReadonlySet<Operation> = new Set(["embed"]);

export type RecipeInput = { readonly sha256: string; readonly contentType: string; readonly name: string };

/** One text per recipe; its SHA-256 is the key of the step cache. */
export const stepRecipe = (
  { sha256, contentType, name }: RecipeInput,
  { operation, parameters }: Pick<Step, "operation" | "parameters">,
): string =>
  canonicalJson({
    sha256,
    contentType,
    ...(READS_NAME.has(operation) ? { name } : {}),
    operation,
    parameters,
    engine: ENGINE_EPOCH,
  });
