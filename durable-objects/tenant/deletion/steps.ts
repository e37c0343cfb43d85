/**
 * What each step of a tenant's deletion does, a round at a time. A round can be repeated, after an end in its middle too:
 * it looks at what is there and removes it. All throw when it could not be done.
 */
import { z } from "zod";
import type { DeletionCounts, DeletionStep } from "../../../shared/contracts/tenant-deletion.ts";
import type { Round } from "../core/deletion.ts";
import type { DeletionStore } from "./store.ts";
import type { DeletionWorld } from "./world.ts";

export type StepOf = {
  readonly tenant: string;
  readonly world: DeletionWorld;
  readonly store: DeletionStore;
  readonly cursor: string | null;
  /** Resolves when nobody may believe any more that somebody of the tenant gets in. */
  readonly leasesOver: () => Promise<void>;
  /** Tells the store of something, and counts it, in one transaction. */
  readonly record: (write: () => Partial<DeletionCounts>) => void;
};

const DONE: Round = { kind: "done" };
/** Where a pass over the assets is, and how many of them came further in it. */
const Pass = z.strictObject({ after: z.string(), done: z.int() });
/** Assets, users, keys of a round: few enough that a round takes seconds. */
const PAGE = 50;
const AT_ONCE = 10;
const ROWS_AT_ONCE = 2_000;
const KEYS_AT_ONCE = 1_000;
const IDS_AT_ONCE = 1_000;

const STEPS: Readonly<Record<DeletionStep, (step: StepOf) => Promise<Round>>> = {
  "stop-access": async ({ leasesOver }) => {
    await leasesOver();
    return DONE;
  },
  "find-assets": findAssets,
  "purge-assets": (step) => eachAsset(step, "found", "assets to be purged"),
  "erase-assets": (step) => eachAsset(step, "purged", "jobs to end"),
  "erase-blobs": eraseBlobs,
  "erase-index": eraseIndex,
  "delete-users": deleteUsers,
  "retire-others": async ({ world }) => {
    await world.eraseLimits();
    await world.withdrawJobs();
    await world.retireAudit();
    return DONE;
  },
  // What the object itself forgets goes with the transaction of the step's end.
  forget: async ({ world }) => {
    await world.delist();
    return DONE;
  },
};

export const runRound = (step: DeletionStep, of: StepOf): Promise<Round> => STEPS[step](of);

/** Every place that knows of assets, one after the other; the cursor says which, and where in it. */
async function findAssets({ tenant, world, store, cursor, record }: StepOf): Promise<Round> {
  const [place = "books", after = ""] = cursor?.split(/:(.*)/s) ?? [];
  if (place === "books") {
    record(() => ({ assets: store.foundInOwnBooks() }));
    return { kind: "more", cursor: "rows:" };
  }
  if (place === "rows") {
    const ids = await world.rows.assetIds(tenant, after === "" ? null : after, IDS_AT_ONCE);
    record(() => ({ assets: store.found(ids) }));
    return { kind: "more", cursor: ids.length < IDS_AT_ONCE ? "blobs:" : `rows:${ids.at(-1) ?? ""}` };
  }
  const prefix = `${tenant}/assets/`;
  const page = await world.bucket.list({ prefix, delimiter: "/", ...(after === "" ? {} : { cursor: after }) });
  const ids = page.delimitedPrefixes.map((each) => each.slice(prefix.length, -1));
  record(() => ({ assets: store.found(ids) }));
  return page.truncated ? { kind: "more", cursor: `blobs:${page.cursor}` } : DONE;
}

/** Takes all assets of a stage a step further; what one of them cannot do holds up none of the others. */
async function eachAsset(step: StepOf, stage: "found" | "purged", waitingFor: string): Promise<Round> {
  const { store, cursor } = step;
  if (cursor === null) store.clearFaults(stage);
  const { after, done } = cursor === null ? { after: null, done: 0 } : Pass.parse(JSON.parse(cursor));
  const ids = store.assets(stage, after, PAGE);
  let total = done;
  for (const part of parts(ids)) total += await advanceAll(step, stage, part);
  const last = ids.at(-1);
  if (last !== undefined && ids.length === PAGE) {
    return { kind: "more", cursor: JSON.stringify({ after: last, done: total } satisfies z.infer<typeof Pass>) };
  }
  const { assets, faults, first } = store.remaining(stage);
  if (faults > 0) throw new Error(`${faults} of ${assets} refuse, such as ${first ?? ""}`);
  return assets > 0 ? { kind: "wait", progress: total > 0, for: waitingFor } : DONE;
}

/** How many of them came further. */
async function advanceAll({ world, store, record }: StepOf, stage: "found" | "purged", ids: string[]): Promise<number> {
  const act = stage === "found" ? purge : erase;
  const outcomes = await Promise.allSettled(ids.map((id) => act(world, id)));
  const advanced = ids.filter((_id, index) => {
    const outcome = outcomes[index];
    return outcome?.status === "fulfilled" && outcome.value;
  });
  record(() => {
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === "rejected") store.fault(ids[index] ?? "", textOf(outcome.reason));
    }
    const further = advanced.filter((id) => store.advance(id, stage === "found" ? "purged" : "erased"));
    const assets = further.filter((id) => !isJob(id)).length;
    return stage === "found" ? { assetsPurged: assets } : { assetsErased: assets };
  });
  return advanced.length;
}

/** True when nothing is left to purge: it is done, an operator gave it up (the rest is swept), or it never was. */
async function purge({ asset: assetOf }: DeletionWorld, id: string): Promise<boolean> {
  const asset = assetOf(id);
  await asset.delete({ purge: true });
  const found = await asset.saga();
  if (!found.ok) return true;
  const { saga } = found.value;
  if (saga?.kind !== "purge") return false;
  if (saga.status !== "stuck") return saga.status === "completed" || saga.status === "abandoned";
  await asset.retrySaga();
  throw new Error(`the purge is stuck: ${saga.reason?.detail ?? "for no known reason"}`);
}

const isJob = (id: string): boolean => id.startsWith("job_");

const erase = (world: DeletionWorld, id: string): Promise<boolean> =>
  isJob(id) ? world.eraseJob(id) : world.asset(id).erase();

/** Everything with the tenant's name before it but the files of the audit log, which has its own end. */
async function eraseBlobs({ tenant, world, record }: StepOf): Promise<Round> {
  const top = await world.bucket.list({ prefix: `${tenant}/`, delimiter: "/" });
  const prefixes = top.delimitedPrefixes.filter((prefix) => prefix !== `${tenant}/audit/`);
  const [prefix] = prefixes;
  const keys =
    prefix === undefined
      ? top.objects.map(({ key }) => key)
      : (await world.bucket.list({ prefix, limit: KEYS_AT_ONCE })).objects.map(({ key }) => key);
  if (keys.length === 0) {
    if (top.truncated) throw new Error("The bucket lists no objects of the tenant, and yet more of them");
    return DONE;
  }
  await world.bucket.delete(keys);
  record(() => ({ blobsDeleted: keys.length }));
  return { kind: "more", cursor: "" };
}

async function eraseIndex({ tenant, world, record }: StepOf): Promise<Round> {
  // The ledger of the vectors is among the rows: it goes after them.
  const vectors = (await world.vectors?.erase(tenant, ROWS_AT_ONCE)) ?? 0;
  if (vectors > 0) return { kind: "more", cursor: "" };
  const rows = await world.rows.erase(tenant, ROWS_AT_ONCE);
  record(() => ({ rowsDeleted: rows }));
  return rows > 0 ? { kind: "more", cursor: "" } : DONE;
}

async function deleteUsers({ world, store, record }: StepOf): Promise<Round> {
  const users = store.users(PAGE);
  for (const part of parts(users)) await Promise.all(part.map((userId) => world.eraseUser(userId)));
  record(() => ({ usersDeleted: store.dropUsers(users) }));
  return users.length === PAGE ? { kind: "more", cursor: "" } : DONE;
}

function parts<T>(items: readonly T[]): T[][] {
  const found: T[][] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) found.push(items.slice(at, at + AT_ONCE));
  return found;
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 500);
