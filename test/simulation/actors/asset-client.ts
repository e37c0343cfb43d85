/** Brings one asset in, and sometimes deletes it, brings it back, or has it analysed again. */
import { createHash } from "node:crypto";
import { mediaAsset } from "../../../durable-objects/addresses.ts";
import type { UploadGrant } from "../../../shared/contracts/objects.ts";
import { SimulatedFault } from "../faults.ts";
import { Scope } from "../platform/scope.ts";
import type { World } from "../world.ts";
import { NO_MEDIA } from "./inspector.ts";
import { insist, type Order } from "./orders.ts";

type Stub = ReturnType<typeof mediaAsset>;
type StepPlan = {
  id: string;
  operation: "probe";
  parameters: Record<string, never>;
  dependsOn: string[];
  lane: string;
  required: boolean;
};

export class AssetClient {
  readonly #world: World;
  readonly #tenant: string;
  readonly #assetId: string;
  readonly #target: string;

  constructor(world: World, tenant: string, assetId: string) {
    this.#world = world;
    this.#tenant = tenant;
    this.#assetId = assetId;
    this.#target = `${tenant}/${assetId}`;
    world.ledger.assets.add(this.#target);
  }

  start(): void {
    this.#world.live(new Scope(`client of ${this.#assetId}`), () => this.#ingest());
    if (this.#world.random.chance(0.5)) {
      this.#world.live(new Scope(`operator of ${this.#assetId}`), () => this.#meddle());
    }
  }

  async #ingest(): Promise<void> {
    const { random } = this.#world;
    const name = random.chance(0.08) ? `${NO_MEDIA}.txt` : "picture.png";
    const content = new TextEncoder().encode(`content ${random.int(0, 3)} of ${this.#tenant}`);
    const sha256 = createHash("sha256").update(content).digest("hex");
    const announced = random.chance(0.5) ? { sizeBytes: content.length, sha256 } : {};
    const body = { name, ...announced, ...(random.chance(0.8) ? { pipeline: this.#pipeline() } : {}) };
    const command = { tenant: this.#tenant, assetId: this.#assetId, body };
    await this.#insist("create", "", (asset) => asset.create(command));
    for (;;) {
      const begun = await this.#insist("beginUpload", "", (asset) => asset.beginUpload());
      if (!begun.ok) break;
      if (this.#world.faults.strikes("upload-abandoned", this.#target)) return;
      const finished = await this.#upload(begun.value, content, sha256);
      if (finished) break;
      await this.#world.sleep(random.int(200, 2_000));
    }
    await this.#insist("complete", sha256, (asset) => asset.complete({ sha256 }));
  }

  async #upload(grant: UploadGrant, content: Uint8Array, sha256: string): Promise<boolean> {
    for (;;) {
      try {
        await this.#world.bucket.put(grant.key, content);
        break;
      } catch (error) {
        if (!(error instanceof SimulatedFault)) throw error;
        await this.#world.sleep(1_000);
      }
    }
    const finished = await this.#insist("finishUpload", String(grant.upload), (asset) =>
      asset.finishUpload(grant.upload, { sizeBytes: content.length, sha256 }),
    );
    return finished.ok;
  }

  async #meddle(): Promise<void> {
    const { random } = this.#world;
    await this.#world.sleep(random.skewed(1_000, 900_000));
    const what = random.pick(["delete", "purge", "restore", "rerun", "rerun"]);
    if (what === "rerun") {
      await this.#insist("rerun", "", (asset) => asset.rerun(null));
      return;
    }
    await this.#insist("delete", what, (asset) => asset.delete({ purge: what === "purge" }));
    if (what !== "restore") return;
    await this.#world.sleep(random.skewed(500, 300_000));
    await this.#insist("restore", "", (asset) => asset.restore());
  }

  /** Some steps, some of which wait for others. */
  #pipeline(): { name: string; steps: StepPlan[] } {
    const { random } = this.#world;
    const steps = Array.from({ length: random.int(1, 6) }, (_, n): StepPlan => {
      const dependsOn = n > 0 && random.chance(0.4) ? [`step-${random.int(0, n - 1)}`] : [];
      const lane = random.pick(["main", "main", "other"]);
      return { id: `step-${n}`, operation: "probe", parameters: {}, dependsOn, lane, required: random.chance(0.1) };
    });
    return { name: "simulated@1", steps };
  }

  #insist<T>(
    command: string,
    detail: string,
    ask: (asset: Stub) => ReturnType<Order<T>["ask"]>,
  ): ReturnType<Order<T>["ask"]> {
    const order = {
      target: this.#target,
      command,
      detail,
      ask: () => ask(mediaAsset(this.#world.env, this.#tenant, this.#assetId)),
    };
    return insist<T>(this.#world, order);
  }
}
