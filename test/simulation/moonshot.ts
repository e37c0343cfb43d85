/**
 * "No paid GPU second is ever lost": a thousand jobs at six providers, every webhook dropped, the whole control plane
 * killed every two simulated seconds. Every result has to be with its asset before the provider forgets it, none is
 * made twice, and no job asks for its status more than twelve times.
 */
import { createHash } from "node:crypto";
import { mediaAsset } from "../../durable-objects/addresses.ts";
import { insist } from "./actors/orders.ts";
import { hasJournal, typesOf } from "./oracle/journal.ts";
import { isEndType } from "./oracle/job-course.ts";
import { judge } from "./oracle/judge.ts";
import { Random } from "./platform/random.ts";
import { Scope } from "./platform/scope.ts";
import { PROJECT } from "./project-code.ts";
import type { ProviderSite } from "./providers/site.ts";
import { World } from "./world.ts";

const KILL_EVERY_MS = 2_000;
const TENANT = "ten_moon";
/** Jobs come in over this time. */
const ARRIVAL_MS = 20 * 60_000;
const LIMIT_MS = 12 * 3_600_000;

export type ProviderRow = {
  readonly provider: string;
  readonly retentionMinutes: number;
  readonly jobs: number;
  readonly stored: number;
  readonly ranTwice: number;
  readonly statusCallsMean: number;
  readonly statusCallsMax: number;
  /** The latest fetch, as a part of the provider's retention. */
  readonly retentionUsedMax: number;
};

export type Moonshot = {
  readonly ok: boolean;
  readonly rows: readonly ProviderRow[];
  readonly kills: number;
  readonly webhooksDropped: number;
  readonly simulatedMinutes: number;
  readonly traceHash: string;
  readonly violations: readonly string[];
};

export const MAXIMUM_STATUS_CALLS = 12;

export async function runMoonshot(seed: number, jobs: number): Promise<Moonshot> {
  const world = new World(seed, PROJECT, { "webhook-lost": 1 }, false);
  try {
    const startedAtMs = world.scheduler.nowMs;
    const sites = [...world.sites.values()];
    for (const site of sites) {
      // Between half of what was expected and three times that.
      site.runMs = (label) => Math.round(site.traits.typicalRunMs * (0.5 + 2.5 * new Random(seed, label).unit()));
    }
    const siteOfAsset = (assetId: string): ProviderSite | null =>
      sites[Number(assetId.slice(-6)) % sites.length] ?? null;
    world.siteFor = (job) => siteOfAsset(assetOf(world, job));
    for (let n = 0; n < jobs; n += 1) bringIn(world, n, Math.floor((n * ARRIVAL_MS) / jobs));
    const kills = killAgainAndAgain(world);
    await world.scheduler.run(() => everyJobEnded(world, jobs), startedAtMs + LIMIT_MS);
    world.faults.active = false;
    world.settled = true;
    await world.scheduler.run(() => false, world.scheduler.nowMs + LIMIT_MS);
    const rows = sites.map((site) => rowOf(world, site, jobs, siteOfAsset));
    const violations = judge(world).map(({ subject, what }) => `${subject}: ${what}`);
    const perfect = rows.every(
      (row) => row.stored === row.jobs && row.ranTwice === 0 && row.statusCallsMax <= MAXIMUM_STATUS_CALLS,
    );
    return {
      ok: perfect && violations.length === 0 && rows.reduce((sum, row) => sum + row.jobs, 0) === jobs,
      rows,
      kills: kills(),
      webhooksDropped: world.faults.counts.get("webhook-lost") ?? 0,
      simulatedMinutes: Math.round((world.scheduler.nowMs - startedAtMs) / 60_000),
      traceHash: world.trace.digest(),
      violations,
    };
  } finally {
    world.close();
  }
}

function bringIn(world: World, n: number, afterMs: number): void {
  const assetId = `ast_${String(n).padStart(26, "0")}`;
  const target = `${TENANT}/${assetId}`;
  const content = new Uint8Array([n & 255, n >> 8]);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const asset = (): ReturnType<typeof mediaAsset> => mediaAsset(world.env, TENANT, assetId);
  const ask = <T>(command: string, detail: string, what: Parameters<typeof insist<T>>[1]["ask"]) =>
    insist<T>(world, { target, command, detail, ask: what });
  world.ledger.assets.add(target);
  const step = {
    id: "step-0",
    operation: "probe" as const,
    parameters: {},
    dependsOn: [],
    lane: "main",
    required: false,
  };
  const pipeline = { name: "simulated@1", steps: [step] };
  world.scheduler.after(afterMs, () => {
    world.live(new Scope(`client of ${assetId}`), async () => {
      await ask("create", "", () => asset().create({ tenant: TENANT, assetId, body: { name: "clip.mp4", pipeline } }));
      for (;;) {
        const begun = await ask("beginUpload", "", () => asset().beginUpload());
        if (!begun.ok) break;
        const { key, upload } = begun.value;
        await world.bucket.put(key, content);
        const stored = { sizeBytes: content.length, sha256 };
        if ((await ask("finishUpload", String(upload), () => asset().finishUpload(upload, stored))).ok) break;
      }
      await ask("complete", sha256, () => asset().complete({ sha256 }));
    });
  });
}

function killAgainAndAgain(world: World): () => number {
  let kills = 0;
  const kill = (): void => {
    if (!world.faults.active) return;
    kills += 1;
    world.killControlPlane();
    world.scheduler.after(KILL_EVERY_MS, kill);
  };
  world.scheduler.after(KILL_EVERY_MS, kill);
  return () => kills;
}

/** Known to the world once the job is submitted. */
function assetOf(world: World, job: string): string {
  const sql = world.objects.GPU_JOB.hosts.get(job)?.sql;
  if (sql === undefined || !hasJournal(sql)) return "";
  const [first] = sql.look<{ data: string }>("SELECT data FROM journal WHERE seq = 1");
  return first === undefined ? "" : (JSON.parse(first.data) as { spec: { assetId: string } }).spec.assetId;
}

/** Looked at now and then only: it reads every journal. */
function everyJobEnded(world: World, jobs: number): boolean {
  if (world.scheduler.tasksRun % 5_000 !== 0 || world.objects.GPU_JOB.hosts.size < jobs) return false;
  return [...world.objects.GPU_JOB.hosts.values()].every(({ sql }) => typesOf(sql).some(isEndType));
}

function rowOf(
  world: World,
  site: ProviderSite,
  jobs: number,
  siteOfAsset: (assetId: string) => ProviderSite | null,
): ProviderRow {
  const own = Array.from({ length: jobs }, (_, n) => `ast_${String(n).padStart(26, "0")}`).filter(
    (id) => siteOfAsset(id) === site,
  );
  const labels = new Set(site.runs.map(({ label }) => label));
  const calls = site.runs.map(({ statusCalls }) => statusCalls);
  const used = site.runs.map(
    (run) => ((run.fetchedAtMs ?? run.forgottenAtMs) - run.endsAtMs) / site.traits.retentionMs,
  );
  return {
    provider: site.traits.name,
    retentionMinutes: site.traits.retentionMs / 60_000,
    jobs: own.length,
    stored: own.filter((id) => isStored(world, id)).length,
    ranTwice: [...labels].filter((label) => site.executionsOf(label).length > 1).length + (labels.size - own.length),
    statusCallsMean: Math.round((calls.reduce((sum, each) => sum + each, 0) / calls.length) * 10) / 10,
    statusCallsMax: Math.max(...calls),
    retentionUsedMax: Math.round(Math.max(...used) * 1_000) / 1_000,
  };
}

/** The finding that the provider made is a row of the asset. */
function isStored(world: World, assetId: string): boolean {
  const host = world.objects.MEDIA_ASSET.hosts.get(`${TENANT}/${assetId}`);
  return (
    host !== undefined &&
    host.sql.look("SELECT 1 FROM insights WHERE step = 'step-0' AND kind = 'finding'").length === 1
  );
}
