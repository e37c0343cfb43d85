/**
 * A video job is under way while the agent, workerd and Postgres are killed with SIGKILL, one after the other. The
 * job completes, no segment before the last checkpoint is done twice, and the findings are those of an undisturbed
 * run, each once.
 */
import { join } from "node:path";
import { fileSource, type Insight, type JournalEvent } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeVideo } from "../../local/samples/video.ts";
import { type LocalStack, startLocalStack, until } from "../support/local-stack.ts";

const VIDEO_SECONDS = 1_200;

let stack: LocalStack;
let video: string;

beforeAll(async () => {
  stack = await startLocalStack();
  video = join(stack.dataDir, "long.mp4");
  await makeVideo({ path: video, seconds: VIDEO_SECONDS, width: 320, height: 180 });
});
afterAll(() => stack.stop());

async function upload(name: string): Promise<string> {
  const asset = await stack.client.assets.upload({ ...(await fileSource(video)), name });
  return asset.id;
}

async function jobEvents(assetId: string): Promise<JournalEvent[]> {
  const { jobId } = await stack.client.assets.get(assetId);
  if (jobId === null) return [];
  const events: JournalEvent[] = [];
  for (;;) {
    const page = await stack.client.jobs.events(jobId, { after: events.length, limit: 1000 });
    events.push(...page);
    if (page.length === 0) return events;
  }
}

async function insightsOf(assetId: string): Promise<Insight[]> {
  const insights: Insight[] = [];
  for await (const insight of stack.client.assets.insights(assetId)) insights.push(insight);
  return insights;
}

/** What was found, without where its pictures are stored: the key names the attempt. */
const essence = ({ artifact, ...insight }: Insight): unknown => ({
  ...insight,
  artifact: artifact === null ? null : { name: artifact.name, sha256: artifact.sha256 },
});

const checkpoints = (events: readonly JournalEvent[]): number =>
  events.filter(({ type }) => type === "CheckpointCommitted").length;

/** Waits until two more checkpoints are committed, then kills. */
async function killInTheMiddle(assetId: string, find: () => number): Promise<void> {
  const before = checkpoints(await jobEvents(assetId).catch(() => []));
  await until(async () => {
    const events = await jobEvents(assetId).catch(() => null);
    return events !== null && checkpoints(events) >= before + 2 ? events : null;
  });
  expect((await stack.client.assets.get(assetId)).status).toBe("analysing");
  process.kill(find(), "SIGKILL");
}

describe("a video job through three kills", () => {
  it("completes with the findings of an undisturbed run", async () => {
    const disturbed = await upload("disturbed.mp4");
    await killInTheMiddle(disturbed, () => stack.find("agent/main.ts").pid);
    await killInTheMiddle(disturbed, () => stack.workerdPid());
    await killInTheMiddle(disturbed, () => stack.find("local/postgres/process.ts").pid);

    const ended = await until(async () => {
      const asset = await stack.client.assets.get(disturbed).catch(() => null);
      return asset !== null && ["analysed", "failed", "quarantined"].includes(asset.status) ? asset : null;
    });
    expect(ended).toMatchObject({ status: "analysed", reason: null });

    const events = await jobEvents(disturbed);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const attempts = events.filter(({ type }) => type === "AttemptStarted").length;
    expect(attempts).toBeGreaterThanOrEqual(2);
    let covered = 0;
    let floor = 0;
    for (const { type, data } of events) {
      if (type === "CheckpointCommitted") covered = Number(data["nextSegment"]);
      if (type === "AttemptStarted") floor = covered;
      if (type === "SegmentStarted") expect(Number(data["segment"])).toBeGreaterThanOrEqual(floor);
    }
    expect(covered).toBe(VIDEO_SECONDS / 10);

    const found = await insightsOf(disturbed);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    // Postgres was killed too: its index holds the asset in the end, once.
    const listed = await until(async () => {
      const ids: string[] = [];
      for await (const asset of stack.client.assets.list({ status: "analysed" })) ids.push(asset.id);
      return ids.includes(disturbed) ? ids : null;
    });
    expect(listed.filter((id) => id === disturbed)).toHaveLength(1);

    // The same work once more, undisturbed: a re-run takes nothing from earlier results, as an upload of the bytes would.
    await stack.client.assets.rerun(disturbed);
    const again = await stack.client.assets.waitUntilFinished(disturbed);
    expect(again.jobId).not.toBe(ended.jobId);
    expect(again.steps.filter(({ cached }) => cached)).toEqual([]);
    expect(found.map(essence)).toEqual((await insightsOf(disturbed)).map(essence));
  });
});
