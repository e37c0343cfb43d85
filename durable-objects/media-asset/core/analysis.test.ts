import { describe, expect, it } from "vitest";
import { ended, History, inspected, node, over, uploaded } from "./testing/history.ts";

const graph = (...steps: ReturnType<typeof node>[]) => uploaded({ name: "mine@1", steps });

describe("the graph of an analysis", () => {
  it("is refused with a cycle: such an asset would wait for ever", () => {
    const history = new History().when(...graph(node("a1", ["b1"]), node("b1", ["a1"])));
    expect(history.state.phase).toBe("absent");
    expect(history.refusals[0]).toBe("invalid_request");
  });

  it("keeps the standard pipeline in one job", () => {
    const history = new History().when(...uploaded(), inspected);
    expect(history.jobs).toEqual({
      job_1: ["probe", "loudness", "silence", "waveform", "embed", "transcribe"],
    });
  });

  it("fans out over lanes and comes together where a step needs both", () => {
    const history = new History().when(
      ...graph(node("a1"), node("b1", [], { lane: "gpu" }), node("a2"), node("both", ["a1", "b1"])),
      inspected,
    );
    expect(history.jobs).toEqual({ job_1: ["a1", "a2"], job_101: ["b1"] });
    history.when(ended("job_1", "a1", 1), ended("job_1", "a2", 1), over("job_1", "job_2"));
    expect(history.jobs).toEqual({ job_101: ["b1"] });
    history.when(ended("job_101", "b1", 1), over("job_101", "job_3"));
    expect(history.jobs).toEqual({ job_3: ["both"] });
    history.when(ended("job_3", "both", 2), over("job_3", "job_4"));
    expect(history.asset).toMatchObject({ status: "analysed", reason: null, openJobs: [] });
  });

  it("skips what depends on a failed step, and what depends on that, with the reason", () => {
    const history = new History().when(
      ...graph(node("a1"), node("b1", ["a1"]), node("c1", ["b1"]), node("d1")),
      inspected,
      ended("job_1", "a1", "undecodable"),
      ended("job_1", "d1", 1),
      over("job_1", "job_2"),
    );
    expect(history.step("b1")).toMatchObject({
      status: "skipped",
      reason: { code: "dependency_unmet", detail: "It needs the result of a1, which failed: undecodable." },
    });
    expect(history.step("c1").reason?.detail).toBe("It needs the result of b1, which was skipped.");
    expect(history.asset).toMatchObject({ status: "analysed", reason: { code: "partial_results" } });
  });

  it("gives a step whose job was lost to one more job, and no third; the others keep their results", () => {
    const history = new History().when(
      ...graph(node("a1"), node("b1")),
      inspected,
      ended("job_1", "a1", 3),
      over("job_1", "job_2", "lost_heartbeat"),
    );
    expect(history.jobs).toEqual({ job_2: ["b1"] });
    expect(history.asset.jobId).toBe("job_2");
    expect(history.step("b1")).toMatchObject({ attempts: 2, status: "pending" });
    history.when(over("job_2", "job_3", "lost_heartbeat"));
    expect(history.jobs).toEqual({});
    expect(history.asset.status).toBe("analysed");
    expect(history.step("a1")).toMatchObject({ insightCount: 3, attempts: 1 });
    expect(history.step("b1")).toMatchObject({ status: "failed", reason: { code: "lost_heartbeat" } });
  });

  it("tries again a step whose result did not arrive, and not one that the file made fail", () => {
    const history = new History().when(
      ...graph(node("a1"), node("b1")),
      inspected,
      ended("job_1", "a1", "upload_failed"),
      ended("job_1", "b1", "crashed"),
      over("job_1", "job_2"),
    );
    expect(history.jobs).toEqual({ job_2: ["a1"] });
    expect(history.step("b1")).toMatchObject({ status: "failed", reason: { code: "crashed" } });
  });

  it("M4: hears no report of a job that lost the step", () => {
    const history = new History().when(
      ...graph(node("a1")),
      inspected,
      over("job_1", "job_2", "preempted"),
      ended("job_1", "a1", 5),
    );
    expect(history.step("a1")).toMatchObject({ status: "pending", jobId: "job_2" });
  });

  it("ends at once when a required step brings nothing, cancels the other jobs and drops what was found", () => {
    const history = new History().when(
      ...graph(node("a1", [], { required: true }), node("b1", [], { lane: "gpu" }), node("c1", ["a1"])),
      inspected,
      ended("job_101", "b1", 4),
      ended("job_1", "a1", "undecodable"),
    );
    expect(history.asset).toMatchObject({ status: "failed", reason: { code: "undecodable" } });
    expect(history.step("c1").reason?.code).toBe("analysis_aborted");
    expect(history.asset.saga).toMatchObject({
      status: "compensating",
      steps: ["cancel-jobs", "drop-findings", "sweep-blobs"],
    });
  });

  it("ends when no job is ever heard of again", () => {
    const history = new History().when(...uploaded(), inspected, ended("job_1", "probe", 1), {
      type: "expire-analysis",
    });
    expect(history.asset).toMatchObject({ status: "analysed", reason: { code: "partial_results" } });
    expect(history.asset.saga).toMatchObject({ status: "running", steps: ["cancel-jobs", "sweep-blobs"] });
    expect(history.step("embed").reason?.code).toBe("analysis_timeout");
  });

  it("tells progress over all of its jobs", () => {
    const history = new History().when(...graph(node("a1"), node("b1", ["a1"])), inspected, {
      type: "advance",
      jobId: "job_1",
      fraction: 0.5,
    });
    expect(history.asset.analysed).toBe(0.25);
    history.when(ended("job_1", "a1", 1), over("job_1", "job_2"), { type: "advance", jobId: "job_2", fraction: 0.5 });
    expect(history.asset.analysed).toBe(0.75);
  });
});

describe("an analysis that is asked for again", () => {
  const analysed = () =>
    new History().when(
      ...graph(node("a1"), node("b1", ["a1"]), node("c1")),
      inspected,
      ended("job_1", "a1", 1),
      ended("job_1", "c1", 2),
      over("job_1", "job_2"),
      ended("job_2", "b1", 3),
      over("job_2", "job_3"),
    );

  it("does the step and what depends on it, in a new job, and keeps the rest", () => {
    const history = analysed().when({ type: "rerun", fromStep: "a1", newJobId: "job_4" });
    expect(history.asset).toMatchObject({ status: "analysing", finishedAtMs: null, jobId: "job_4", usesCache: false });
    expect(history.jobs).toEqual({ job_4: ["a1"] });
    expect(history.step("c1")).toMatchObject({ status: "succeeded", insightCount: 2, jobId: "job_1" });
    history.when(ended("job_4", "a1", 7), over("job_4", "job_5"), ended("job_5", "b1", 9), over("job_5", "job_6"));
    expect(history.asset.status).toBe("analysed");
    expect(history.asset.steps.map(({ insightCount }) => insightCount)).toEqual([7, 9, 2]);
  });

  it("keeps the results of a repeated step until new ones come, also in the count", () => {
    const history = analysed().when({ type: "rerun", fromStep: "b1", newJobId: "job_4" });
    expect(history.step("b1")).toMatchObject({ status: "pending", insightCount: 3 });
    history.when(ended("job_4", "b1", "undecodable"), over("job_4", "job_5"));
    expect(history.step("b1")).toMatchObject({ status: "failed", insightCount: 0 });
  });

  it("goes on from a failure", () => {
    const history = new History().when(
      ...graph(node("a1")),
      inspected,
      ended("job_1", "a1", "crashed"),
      over("job_1", "j"),
    );
    expect(history.asset.status).toBe("failed");
    const number = history.asset.saga?.number ?? 0;
    history.when({ type: "rerun", fromStep: null, newJobId: "job_2" });
    expect(history.refusals).toEqual(["asset_busy"]); // Until what was left is removed.
    history.when(
      { type: "saga-step-done", saga: number, step: "sweep-blobs" },
      { type: "rerun", fromStep: null, newJobId: "job_2" },
    );
    expect(history.asset).toMatchObject({ status: "analysing", reason: null });
  });

  it("is refused for an unknown step, for work under way, and where there was no analysis", () => {
    const rerun = (fromStep: string | null) => ({ type: "rerun", fromStep, newJobId: "job_9" }) as const;
    expect(analysed().when(rerun("nothing")).refusals).toEqual(["invalid_request"]);
    expect(new History().when(...uploaded(), rerun(null)).refusals).toEqual(["asset_busy"]);
    expect(new History().when(...uploaded(), { type: "expire-inspection" }, rerun(null)).refusals).toEqual([
      "asset_not_analysable",
    ]);
  });
});
