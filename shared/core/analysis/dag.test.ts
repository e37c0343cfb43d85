import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pipeline } from "../../contracts/pipeline.ts";
import { deadSteps, type GraphStep, lanesOf, pipelineFault, readySteps, withDependants } from "./dag.ts";

const node = (id: string, dependsOn: string[] = [], over: Partial<GraphStep> = {}): GraphStep => ({
  id,
  dependsOn,
  lane: "main",
  status: "pending",
  jobId: null,
  reason: null,
  ...over,
});

describe("a pipeline", () => {
  it("is refused for a cycle, an unknown step and a repeated one, at the step", () => {
    expect(pipelineFault([node("a"), node("b", ["c"]), node("c", ["b"])])).toEqual({
      index: 1,
      detail: "The steps b, c wait for each other.",
    });
    expect(pipelineFault([node("a", ["a"])])?.index).toBe(0);
    expect(pipelineFault([node("a"), node("b", ["x"])])).toEqual({
      index: 1,
      detail: "b depends on x, which is no step of it.",
    });
    expect(pipelineFault([node("a"), node("a")])?.detail).toBe("There are two steps a.");
    expect(pipelineFault([node("a"), node("b", ["a"]), node("c", ["a", "b"])])).toBeNull();
  });

  it("is refused at the edge, with a pointer to the step", () => {
    const step = (id: string, dependsOn: string[]) => ({ id, operation: "probe", parameters: {}, dependsOn });
    const parsed = Pipeline.safeParse({ name: "mine@1", steps: [step("aa", ["bb"]), step("bb", ["aa"])] });
    expect(parsed.error?.issues.map(({ path }) => path)).toEqual([["steps", 0]]);
    expect(Pipeline.parse({ name: "mine@1", steps: [{ id: "aa", operation: "probe", parameters: {} }] }).steps).toEqual(
      [{ id: "aa", operation: "probe", parameters: {}, dependsOn: [], lane: "main", required: false }],
    );
  });

  it("starts any graph without cycles in waves that reach every step, each after what it needs", () => {
    // Each step depends on some of those before it: no cycle by construction.
    const graphs = fc
      .array(fc.array(fc.nat({ max: 30 }), { maxLength: 4 }), { minLength: 1, maxLength: 30 })
      .map((rows) =>
        rows.map((needs, index) =>
          node(`s${index}`, [...new Set(needs.filter((need) => need < index).map((need) => `s${need}`))]),
        ),
      );
    fc.assert(
      fc.property(graphs, (steps) => {
        expect(pipelineFault(steps)).toBeNull();
        let left = steps;
        const order: string[] = [];
        for (let wave = 0; wave <= steps.length; wave += 1) {
          const ready = new Set(readySteps(left).map(({ id }) => id));
          if (ready.size === 0) break;
          for (const { id, dependsOn } of left.filter((step) => ready.has(step.id))) {
            expect(dependsOn.every((needed) => order.includes(needed))).toBe(true);
            expect(order).not.toContain(id);
          }
          order.push(...ready);
          left = left.map((step) => (ready.has(step.id) ? { ...step, status: "succeeded" } : step));
        }
        expect(order.toSorted()).toEqual(steps.map(({ id }) => id).toSorted());
        expect(deadSteps(steps)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("steps under way", () => {
  const failed = node("a", [], { status: "failed", reason: { code: "crashed", detail: "" } });

  it("wait while a job has them, and while something they need has not ended", () => {
    const steps = [node("a", [], { status: "running", jobId: "j" }), node("b", ["a"]), node("c", [], { jobId: "j" })];
    expect(readySteps(steps)).toEqual([]);
    expect(deadSteps(steps)).toEqual([]);
  });

  it("are dead once something they need has failed, and so is all behind them", () => {
    expect(deadSteps([failed, node("c", ["b"]), node("b", ["a"]), node("d")]).map(({ id }) => id)).toEqual(["c", "b"]);
  });

  it("go into one group a lane", () => {
    const groups = lanesOf([node("a"), node("b", [], { lane: "gpu" }), node("c")]);
    expect(groups.map((group) => group.map(({ id }) => id))).toEqual([["a", "c"], ["b"]]);
  });

  it("are done again with all that depend on them", () => {
    const steps = [node("a"), node("b", ["a"]), node("c", ["b"]), node("d")];
    expect([...withDependants(steps, "a")]).toEqual(["a", "b", "c"]);
    expect([...withDependants(steps, "d")]).toEqual(["d"]);
  });
});
