/** Which pass does which step. */
import type { Reason } from "../shared/contracts/media.ts";
import type { Step } from "../shared/contracts/operations.ts";
import type { Pass, PassContext } from "./engine.ts";
import { noEngineReason, notApplicableReason } from "./engines/model-operations.ts";

export type PassPlan = {
  readonly runs: readonly { readonly pass: string; readonly steps: readonly Step[] }[];
  /** Steps that no pass takes. */
  readonly skipped: readonly { readonly step: Step; readonly reason: Reason }[];
};

/** Each step goes to the first pass that serves its operation and accepts the input; passes keep their order. */
export function planPasses(
  passes: readonly Pick<Pass, "name" | "operations" | "accepts">[],
  steps: readonly Step[],
  input: PassContext["input"],
): PassPlan {
  const willing = passes.filter((pass) => pass.accepts(input));
  const stepsOf = new Map<string, Step[]>(willing.map((pass) => [pass.name, []]));
  const skipped: { step: Step; reason: Reason }[] = [];
  for (const step of steps) {
    const pass = willing.find((candidate) => candidate.operations.includes(step.operation));
    if (pass !== undefined) stepsOf.get(pass.name)?.push(step);
    else {
      const served = passes.some((candidate) => candidate.operations.includes(step.operation));
      const reason = served ? notApplicableReason(step.operation, input.contentType) : noEngineReason(step.operation);
      skipped.push({ step, reason });
    }
  }
  const runs = [...stepsOf].filter(([, own]) => own.length > 0).map(([pass, own]) => ({ pass, steps: own }));
  return { runs, skipped };
}
