/**
 * The graph of an analysis: which steps can start, which never will, and how those that can are grouped into jobs.
 * Pure.
 *
 * D1 A step starts only when all that it depends on have succeeded.
 * D2 A step is skipped, with the reason, once one of these has ended otherwise.
 * D3 Steps of one lane that are ready together go into one job: a process is expensive, a step in it is not.
 */
import type { Reason } from "../../contracts/media.ts";
import type { StepStatus } from "../../contracts/asset.ts";

type Node = { readonly id: string; readonly dependsOn: readonly string[] };

/** What the graph needs to know of a step under way. */
export type GraphStep = Node & {
  readonly lane: string;
  readonly status: StepStatus;
  /** The job that has it; null when none has. */
  readonly jobId: string | null;
  readonly reason: Reason | null;
};

/** What is wrong with a graph, at the step of this index; null when nothing is. */
export function pipelineFault(steps: readonly Node[]): { readonly index: number; readonly detail: string } | null {
  const ids = new Set<string>();
  for (const [index, { id }] of steps.entries()) {
    if (ids.has(id)) return { index, detail: `There are two steps ${id}.` };
    ids.add(id);
  }
  for (const [index, { id, dependsOn }] of steps.entries()) {
    const unknown = dependsOn.find((needed) => !ids.has(needed));
    if (unknown !== undefined) return { index, detail: `${id} depends on ${unknown}, which is no step of it.` };
  }
  const left = unorderable(steps);
  const index = steps.findIndex(({ id }) => left.has(id));
  return index < 0 ? null : { index, detail: `The steps ${[...left].join(", ")} wait for each other.` };
}

/** Steps that no order can bring after all that they depend on: those on a cycle, and those behind one. */
function unorderable(steps: readonly Node[]): ReadonlySet<string> {
  const left = new Map(steps.map(({ id, dependsOn }) => [id, dependsOn]));
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const [id, dependsOn] of left) if (!dependsOn.some((needed) => left.has(needed))) left.delete(id);
  }
  return new Set(left.keys());
}

/** Steps that wait and can start now, in the order of the pipeline. */
export function readySteps<S extends GraphStep>(steps: readonly S[]): S[] {
  const succeeded = new Set(steps.filter(({ status }) => status === "succeeded").map(({ id }) => id));
  return steps.filter(
    ({ status, jobId, dependsOn }) =>
      status === "pending" && jobId === null && dependsOn.every((needed) => succeeded.has(needed)),
  );
}

/** Steps that wait for something that will not come, and why; what depends on these in turn is among them. */
export function deadSteps(steps: readonly GraphStep[]): { readonly id: string; readonly reason: Reason }[] {
  const dead = new Map<string, Reason>();
  const ended = new Map(
    steps.filter(({ status }) => status === "failed" || status === "skipped").map((step) => [step.id, step]),
  );
  for (let before = -1; before !== dead.size;) {
    before = dead.size;
    for (const { id, status, jobId, dependsOn } of steps) {
      if (status !== "pending" || jobId !== null || dead.has(id)) continue;
      const needed = dependsOn.find((each) => ended.has(each) || dead.has(each));
      if (needed === undefined) continue;
      const why = ended.get(needed);
      const how =
        why === undefined ? "was skipped" : `${why.status}${why.reason === null ? "" : `: ${why.reason.code}`}`;
      dead.set(id, { code: "dependency_unmet", detail: `It needs the result of ${needed}, which ${how}.` });
    }
  }
  return steps.flatMap(({ id }) => {
    const reason = dead.get(id);
    return reason === undefined ? [] : [{ id, reason }];
  });
}

/** One group a lane, in the order in which the lanes first occur. */
export function lanesOf<S extends { readonly lane: string }>(steps: readonly S[]): S[][] {
  return [...Map.groupBy(steps, ({ lane }) => lane).values()];
}

/** The step and all that depend on it, directly or through others. */
export function withDependants(steps: readonly Node[], from: string): ReadonlySet<string> {
  const found = new Set([from]);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { id, dependsOn } of steps) if (dependsOn.some((needed) => found.has(needed))) found.add(id);
  }
  return found;
}
