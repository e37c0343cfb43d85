import { describe, expect, test } from "vitest";
import type { Operation, Step } from "../shared/contracts/operations.ts";
import { planPasses } from "./plan-passes.ts";

const INPUT = { name: "a", mediaType: "image", contentType: "image/png", sizeBytes: 1, metadata: {} } as const;

const pass = (name: string, mediaType: string, ...operations: Operation[]) => ({
  name,
  operations,
  accepts: (input: { readonly mediaType: string }) => input.mediaType === mediaType,
});

const steps = (...operations: Operation[]): Step[] =>
  operations.map((operation) => ({ id: operation, operation, parameters: {} }));

describe("a plan", () => {
  test("gives each step to the first pass that takes it, passes in their order", () => {
    const passes = [pass("a", "image", "probe"), pass("b", "image", "probe", "ocr"), pass("c", "audio", "loudness")];
    const { runs } = planPasses(passes, steps("ocr", "probe"), INPUT);
    expect(runs.map((run) => [run.pass, run.steps.map((step) => step.id)])).toEqual([
      ["a", ["probe"]],
      ["b", ["ocr"]],
    ]);
  });

  test("skips what is served for other media only, and what needs a model, each with its reason", () => {
    const { skipped } = planPasses([pass("c", "audio", "loudness")], steps("loudness", "transcribe"), INPUT);
    expect(skipped.map(({ step, reason }) => [step.id, reason.code])).toEqual([
      ["loudness", "not_applicable"],
      ["transcribe", "no_engine"],
    ]);
  });
});
