/** Submits jobs of its own, and asks things of jobs: cancel, pause, resume, another priority. */
import { gpuJob } from "../../../durable-objects/addresses.ts";
import type { Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { Scope } from "../platform/scope.ts";
import type { World } from "../world.ts";
import { insist } from "./orders.ts";

export type JobAddress = { readonly tenant: string; readonly jobId: string; readonly assetId: string };

type Command = "cancel" | "pause" | "resume" | "changePriority" | "confirm";

export const specOf = ({ tenant, assetId }: JobAddress, steps: readonly string[]): Record<string, unknown> => ({
  tenant,
  assetId,
  pipeline: "simulated@1",
  steps: steps.map((id) => ({ id, operation: "probe", parameters: {} })),
  input: {
    key: `${tenant}/assets/${assetId}/uploads/1`,
    name: "input",
    mediaType: "video",
    contentType: "video/mp4",
    sizeBytes: 10,
    sha256: "0".repeat(64),
    metadata: {},
  },
});

/** A job that no asset asked for: somebody submits it until it is taken. */
export function submitJob(world: World, job: JobAddress, spec: Record<string, unknown>): void {
  const { tenant, jobId } = job;
  world.live(new Scope(`client of ${jobId}`), async () => {
    await insist(world, {
      target: `${tenant}/${jobId}`,
      command: "submit",
      detail: "",
      ask: () => gpuJob(world.env, tenant, jobId).submit(jobId, spec),
    });
    if (spec["requiresConfirmation"] !== true) return;
    await world.sleep(world.random.int(100, 60_000));
    await ask(world, tenant, jobId, "confirm");
  });
}

/** Meddles with a job some times. */
export function meddle(world: World, tenant: string, jobId: string): void {
  const { random } = world;
  world.live(new Scope(`operator of ${jobId}`), async () => {
    const times = random.pick([0, 0, 1, 2, 3]);
    for (let i = 0; i < times; i += 1) {
      await world.sleep(random.skewed(500, 240_000));
      const command = random.pick<Command>(["pause", "pause", "changePriority", "cancel"]);
      await ask(world, tenant, jobId, command);
      if (command !== "pause") continue;
      await world.sleep(random.skewed(500, 120_000));
      await resumeUntilHeard(world, tenant, jobId);
    }
  });
}

async function ask(world: World, tenant: string, jobId: string, command: Command): Promise<Result<unknown, Refusal>> {
  const priority = world.random.int(0, 100);
  return insist<unknown>(world, {
    target: `${tenant}/${jobId}`,
    command,
    detail: command === "changePriority" ? String(priority) : "",
    ask: () => {
      const job = gpuJob(world.env, tenant, jobId);
      return command === "changePriority" ? job.changePriority(priority) : job[command]();
    },
  });
}

/** A job that is about to pause refuses to go on until it has paused. */
async function resumeUntilHeard(world: World, tenant: string, jobId: string): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    const answer = await ask(world, tenant, jobId, "resume");
    if (answer.ok || answer.error.code === "not_found") return;
    await world.sleep(5_000);
  }
}
