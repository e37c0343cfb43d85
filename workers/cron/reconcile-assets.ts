/**
 * Every five minutes: wakes assets whose work has stopped moving, and their jobs. Alarms do this by themselves; the
 * sweep is for the alarm that was lost, and for the message that a queue lost with it. When the index is away, so are
 * its news, and the next tick tries again.
 *
 * R1 Page by page, to the end or until the time is up; what was not reached is where the next tick begins, so that
 *    nobody waits behind others for ever.
 * R2 An asset or job that cannot be woken is passed over and counted.
 */
import { gpuJob, mediaAsset, tenantObject } from "../../durable-objects/addresses.ts";
import type { AssetIndex, StalledPosition } from "../../shared/ports/asset-index.ts";
import { PLATFORM } from "../queues/dead-letters.ts";

/** Longer than every repetition of an outbox row. */
const SILENT_MS = 10 * 60_000;
/** Less than the five minutes to the next tick. */
const LONGEST_MS = 4 * 60_000;
const PAGE = 100;
const AT_ONCE = 10;

export type SweepReport = {
  readonly woken: number;
  readonly failed: number;
  /** The end was not reached; the next sweep goes on here. */
  readonly unfinished: boolean;
};

/** What the sweep needs of the system; times in milliseconds. */
export type SweepDeps = {
  readonly index: Pick<AssetIndex, "stalled">;
  readonly now: () => number;
  readonly position: () => Promise<StalledPosition | null>;
  readonly keepPosition: (position: StalledPosition | null) => Promise<void>;
  /** Wakes one asset and all its jobs; throws when one of them could not be woken. */
  readonly wake: (tenant: string, assetId: string) => Promise<void>;
};

export async function reconcileAssets(env: Env, index: AssetIndex): Promise<SweepReport> {
  const platform = tenantObject(env, PLATFORM);
  const report = await sweep({
    index,
    now: () => Date.now(),
    position: () => platform.sweepPosition(),
    keepPosition: (position) => platform.keepSweepPosition(position),
    wake: (tenant, assetId) => wakeAsset(env, tenant, assetId),
  });
  // eslint-disable-next-line no-console -- the platform's log is the console
  if (report.woken + report.failed > 0) console.warn(JSON.stringify({ event: "sweep", ...report }));
  return report;
}

/** One round over what was silent when it began, or as much of it as the time allows. */
export async function sweep({ index, now, position, keepPosition, wake }: SweepDeps): Promise<SweepReport> {
  const startedAtMs = now();
  const silentBefore = new Date(startedAtMs - SILENT_MS).toISOString();
  const begin = await position();
  let after = begin;
  let woken = 0;
  let failed = 0;
  for (;;) {
    const page = await index.stalled(silentBefore, PAGE, after);
    const outcomes = await wakeAll(page, wake);
    woken += outcomes.filter((outcome) => outcome).length;
    failed += outcomes.filter((outcome) => !outcome).length;
    if (page.length < PAGE) break;
    after = page.at(-1) ?? null;
    if (now() - startedAtMs > LONGEST_MS) {
      await keepPosition(after);
      return { woken, failed, unfinished: true };
    }
  }
  if (begin !== null) await keepPosition(null);
  return { woken, failed, unfinished: false };
}

/** At most `AT_ONCE` at a time; true for each that was woken. */
async function wakeAll(page: readonly StalledPosition[], wake: SweepDeps["wake"]): Promise<boolean[]> {
  const waiting = [...page];
  const outcomes: boolean[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { tenant, assetId } = next;
      try {
        await wake(tenant, assetId);
        outcomes.push(true);
      } catch (error) {
        outcomes.push(false);
        // eslint-disable-next-line no-console -- the platform's log is the console
        console.error(
          JSON.stringify({
            event: "wake_failed",
            tenant,
            assetId,
            error: error instanceof Error ? error.message : String(error),
          }),
        );
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

async function wakeAsset(env: Env, tenant: string, assetId: string): Promise<void> {
  await mediaAsset(env, tenant, assetId).nudge();
  const jobs = await jobsOf(env, tenant, assetId);
  const outcomes = await Promise.allSettled(jobs.map((jobId) => gpuJob(env, tenant, jobId).nudge()));
  const refused = outcomes.find((outcome) => outcome.status === "rejected");
  if (refused !== undefined) throw refused.reason;
}

/** The jobs that have a step of the asset now: those before them have ended. */
async function jobsOf(env: Env, tenant: string, assetId: string): Promise<string[]> {
  const asset = await mediaAsset(env, tenant, assetId).get();
  if (!asset.ok) return [];
  return [...new Set(asset.value.steps.flatMap(({ jobId }) => (jobId === null ? [] : [jobId])))];
}
