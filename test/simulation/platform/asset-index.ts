/** The index as its port describes it, in memory, with a record of every change that took effect. */
import { SimulatedFault } from "../faults.ts";
import type { AssetChange, AssetIndex, StalledPosition } from "../../../shared/ports/asset-index.ts";
import type { Surrounding } from "./surrounding.ts";

export type IndexedAsset = {
  readonly tenant: string;
  /** Up to which event the changes are applied. */
  seq: number;
  status: string;
  updatedAtMs: number;
  readonly insightIds: Set<string>;
  /** The intervals applied since it was last seen deleted, in order: they have to meet without gap or overlap. */
  applied: { readonly fromSeq: number; readonly toSeq: number }[];
};

const positionOf = ({ updatedAt, tenant, assetId }: StalledPosition): string => `${updatedAt} ${tenant} ${assetId}`;

const reachOf = (asset: IndexedAsset | undefined): number =>
  asset === undefined || asset.status === "deleted" ? 0 : asset.seq;

const FINISHED = new Set(["analysed", "failed", "quarantined", "deleted"]);

export class SimulatedIndex implements Pick<AssetIndex, "indexedSeq" | "apply" | "stalled"> {
  readonly assets = new Map<string, IndexedAsset>();
  readonly #around: Surrounding;

  constructor(around: Surrounding) {
    this.#around = around;
  }

  indexedSeq(tenant: string, assetId: string): Promise<number> {
    return this.#ask("indexedSeq", () => reachOf(this.assets.get(`${tenant}/${assetId}`)));
  }

  /** The highest number that holds now; of a change that does not meet what is there, nothing is taken. */
  apply(tenant: string, change: AssetChange): Promise<number> {
    const given = structuredClone(change);
    return this.#ask("apply", () => this.#apply(tenant, given));
  }

  stalled(updatedBefore: string, limit: number, after: StalledPosition | null): Promise<StalledPosition[]> {
    const beforeMs = Date.parse(updatedBefore);
    return this.#ask("stalled", () =>
      [...this.assets.entries()]
        .filter(([, asset]) => !FINISHED.has(asset.status) && asset.updatedAtMs < beforeMs)
        .map(([name, { tenant, updatedAtMs }]) => ({
          updatedAt: new Date(updatedAtMs).toISOString(),
          tenant,
          assetId: name.slice(tenant.length + 1),
        }))
        .toSorted((a, b) => (positionOf(a) < positionOf(b) ? -1 : 1))
        .filter((position) => after === null || positionOf(position) > positionOf(after))
        .slice(0, limit),
    );
  }

  #apply(tenant: string, { assetId, fromSeq, toSeq, summary, insights }: AssetChange): number {
    const name = `${tenant}/${assetId}`;
    const asset = this.assets.get(name) ?? {
      tenant,
      seq: 0,
      status: "",
      updatedAtMs: 0,
      insightIds: new Set<string>(),
      applied: [],
    };
    this.assets.set(name, asset);
    if (toSeq <= asset.seq) return reachOf(asset);
    if (summary.status === "deleted") {
      asset.insightIds.clear();
      asset.applied = [];
    } else {
      // A tombstone keeps nothing: what comes after it begins with the first event.
      if (fromSeq > reachOf(asset)) return reachOf(asset);
      for (const { id } of insights) asset.insightIds.add(id);
      asset.applied.push({ fromSeq: Math.max(fromSeq, reachOf(asset)), toSeq });
    }
    asset.seq = toSeq;
    asset.status = summary.status;
    asset.updatedAtMs = this.#around.scheduler.nowMs;
    return reachOf(asset);
  }

  #ask<T>(what: string, effect: () => T): Promise<T> {
    return this.#around.network.call(`index ${what}`, async () => {
      if (this.#around.faults.strikes("index-outage", what)) throw new SimulatedFault("the index is away");
      return effect();
    });
  }
}
