/** A deletion that is cut off before and after every single thing it does outside, and once more at every store. */
import { describe, expect, it } from "vitest";
import { begun, MAX_FAILURES, retried, turnedUp } from "../../../../durable-objects/tenant/core/deletion.ts";
import { type DeletionRun, runDeletion } from "../../../../durable-objects/tenant/deletion/run.ts";
import { DeletionStore } from "../../../../durable-objects/tenant/deletion/store.ts";
import type { DeletionWorld, DoomedAsset } from "../../../../durable-objects/tenant/deletion/world.ts";
import { TENANT_SCHEMA } from "../../../../durable-objects/tenant/schema.ts";
import { MemberStore } from "../../../../durable-objects/tenant/members.ts";
import { ProfileStore } from "../../../../durable-objects/tenant/profile.ts";
import { applySchema } from "../../../../durable-objects/runtime/schema.ts";
import { ok, refuse } from "../../../../shared/core/result.ts";
import { sqliteStorage } from "../../fakes/sqlite-storage.ts";

const TENANT = "ten_doomed1";
const id = (number: number): string => `ast_${String(number).padStart(26, "0")}`;

type Asset = { phase: "live" | "purging" | "purged" | "gone"; jobs: "running" | "ended" | "gone" };

/** Everything that a tenant has outside its object, and what the deletion has done to it. */
class Outside {
  readonly assets = new Map<string, Asset>();
  readonly blobs = new Set<string>();
  readonly rows = new Map<string, string>();
  readonly vectors = new Set<string>();
  readonly users = new Set(["usr_1", "usr_2", "usr_3"]);
  limits = 3;
  waiting = 2;
  retired = false;
  listed = true;
  /** Called before and after each call. */
  onCall: (when: "before" | "after") => void = () => undefined;

  constructor(assets: number) {
    for (let i = 1; i <= assets; i += 1) {
      this.assets.set(id(i), { phase: "live", jobs: i % 3 === 0 ? "running" : "ended" });
      this.rows.set(`assets/${id(i)}`, id(i));
      this.vectors.add(id(i));
      this.blobs.add(`${TENANT}/assets/${id(i)}/uploads/1`);
    }
    // One that the index has not heard of, one that it knows alone, one that is only in the tenant's books.
    this.rows.delete(`assets/${id(7)}`);
    this.blobs.delete(`${TENANT}/assets/${id(8)}/uploads/1`);
    this.rows.delete(`assets/${id(9)}`);
    this.blobs.delete(`${TENANT}/assets/${id(9)}/uploads/1`);
    this.blobs.add(`${TENANT}/step-cache/abc/key.json`);
    this.blobs.add(`${TENANT}/audit/000000000001-000000000002.ndjson`);
    this.blobs.add("ten_other1/assets/ast_x/uploads/1");
    this.rows.set("users/usr_1", "usr_1");
  }

  world(): DeletionWorld {
    const called =
      <A extends unknown[], T>(act: (...args: A) => T) =>
      async (...args: A): Promise<T> => {
        this.onCall("before");
        const result = act(...args);
        await Promise.resolve();
        this.onCall("after");
        return result;
      };
    return {
      bucket: { list: called(this.#list), delete: called(this.#remove) } as unknown as DeletionWorld["bucket"],
      rows: {
        assetIds: called((_tenant: string, after: string | null, limit: number) =>
          [...this.rows.keys()]
            .filter((key) => key.startsWith("assets/"))
            .map((key) => key.slice(7))
            .toSorted()
            .filter((each) => each > (after ?? ""))
            .slice(0, limit),
        ),
        erase: called((_tenant: string, limit: number) => dropFirst(this.rows, limit)),
      },
      vectors: { erase: called((_tenant: string, limit: number) => dropFirst(this.vectors, limit)) },
      asset: (assetId) => this.#asset(assetId, called),
      eraseJob: called(() => true),
      eraseUser: called((userId: string) => void this.users.delete(userId)),
      eraseLimits: called(() => void (this.limits = 0)),
      withdrawJobs: called(() => void (this.waiting = 0)),
      retireAudit: called(() => void (this.retired = true)),
      delist: called(() => void (this.listed = false)),
    };
  }

  #asset(assetId: string, called: <A extends unknown[], T>(act: (...args: A) => T) => (...args: A) => Promise<T>) {
    const asset = this.assets.get(assetId) ?? { phase: "gone", jobs: "gone" };
    const doomed = {
      delete: called(() => {
        if (asset.phase === "live") asset.phase = "purging";
        return asset.phase === "gone" ? refuse({ code: "not_found", detail: "" }) : ok(null);
      }),
      saga: called(() => {
        if (asset.phase === "gone") return refuse({ code: "not_found", detail: "" });
        const status = asset.phase === "purged" ? "completed" : "running";
        // It comes to its end between two looks.
        if (asset.phase === "purging") asset.phase = "purged";
        return ok({ saga: { kind: "purge", status } });
      }),
      retrySaga: called(() => ok(null)),
      erase: called(() => {
        if (asset.phase === "gone") return true;
        if (asset.phase !== "purged") return false;
        if (asset.jobs === "running") {
          asset.jobs = "ended";
          return false;
        }
        asset.phase = "gone";
        asset.jobs = "gone";
        return true;
      }),
    };
    return doomed as unknown as DoomedAsset;
  }

  readonly #list = ({ prefix, delimiter }: { prefix: string; delimiter?: string }) => {
    const keys = [...this.blobs].filter((key) => key.startsWith(prefix)).toSorted();
    if (delimiter === undefined) return { objects: keys.map((key) => ({ key })), truncated: false };
    const deeper = keys.filter((key) => key.slice(prefix.length).includes("/"));
    const prefixes = new Set(deeper.map((key) => prefix + key.slice(prefix.length).split("/")[0] + "/"));
    const objects = keys.filter((key) => !deeper.includes(key)).map((key) => ({ key }));
    return { objects, delimitedPrefixes: [...prefixes], truncated: false };
  };
  readonly #remove = (keys: string[]): void => {
    for (const key of keys) this.blobs.delete(key);
  };
}

function dropFirst(from: Map<string, string> | Set<string>, limit: number): number {
  const keys = [...from.keys()].slice(0, limit);
  for (const key of keys) from.delete(key);
  return keys.length;
}

/** The life of the object ended: what it still does is not written. */
class Cut extends Error {}

function deletionOf(outside: Outside) {
  const storage = sqliteStorage();
  applySchema(storage, TENANT_SCHEMA);
  const profile = new ProfileStore(storage.sql);
  profile.create(TENANT, "Doomed", 1);
  profile.become("suspended", 2);
  profile.become("deleting", 3);
  const members = new MemberStore(storage.sql);
  for (const userId of ["usr_1", "usr_2", "usr_3"]) {
    members.reserve({ userId, email: `${userId}@example.com`, username: null, role: "user" }, 4);
    members.update(userId, { status: "active" });
  }
  members.remove("usr_3");
  storage.sql.exec(
    "INSERT INTO settlements (job_id, asset_id, day, compute_ms, attempts) VALUES ('job_9', ?, '2026-01-01', 1, '[]')",
    id(9),
  );
  const store = new DeletionStore(storage.sql);
  store.keep(begun(5));
  const clock = { nowMs: 5 };
  const faults: string[] = [];
  /** `onWrite` is called before each statement; one that throws ends this life of the object. */
  const life = (onWrite: () => void): DeletionRun => {
    const sql = {
      exec: (...args: Parameters<SqlStorage["exec"]>) => {
        onWrite();
        return storage.sql.exec(...args);
      },
    };
    return {
      tenant: TENANT,
      storage,
      // SAFETY: the store uses no more of it.
      store: new DeletionStore(sql as SqlStorage),
      world: outside.world(),
      leasesOver: async () => undefined,
      now: () => clock.nowMs,
      onFault: (event, error) => void faults.push(`${event} ${String(error)}`),
    };
  };
  /** As the alarm does: whenever something is due, until nothing is or an operator is waited for. */
  const go = async (onWrite: () => void = () => undefined): Promise<void> => {
    for (;;) {
      const state = store.get();
      if (state?.status !== "running" || state.dueAtMs === null) return;
      clock.nowMs = Math.max(clock.nowMs, state.dueAtMs);
      await runDeletion(life(onWrite), 60_000);
    }
  };
  const tableRows = (): string[] =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray()
      .flatMap(({ name }) =>
        storage.sql
          .exec(`SELECT * FROM "${name}"`)
          .toArray()
          .map((row) => `${name} ${JSON.stringify(row)}`),
      );
  return { life, store, go, tableRows, faults, clock };
}
type Deletion = ReturnType<typeof deletionOf>;

const REMAINS = ["ten_other1/assets/ast_x/uploads/1", `${TENANT}/audit/000000000001-000000000002.ndjson`];

function expectNothingLeft(outside: Outside, { store, tableRows }: Deletion): void {
  expect([...outside.assets].filter(([, { phase }]) => phase !== "gone")).toEqual([]);
  expect([...outside.blobs].toSorted()).toEqual(REMAINS.toSorted());
  const { rows, vectors, users, limits, waiting, retired, listed } = outside;
  expect([rows.size, vectors.size, users.size, limits, waiting, retired, listed]).toEqual([0, 0, 0, 0, 0, true, false]);
  expect(store.get()).toMatchObject({ status: "completed", step: "done", attempts: 0, reason: null });
  const kept = tableRows();
  expect(kept.map((row) => row.split(" ")[0] ?? "").toSorted()).toEqual(["deletion", "profile", "schema_version"]);
  expect(kept.find((row) => row.startsWith("profile"))).toContain(
    `"tenant":"${TENANT}","name":"","created_at":1,"status":"deleted"`,
  );
}

/** Runs a deletion whose object dies at the given moment, and then another life to the end. Whether it died. */
async function cutOff(moment: number, at: "before" | "after" | "write"): Promise<boolean> {
  const outside = new Outside(12);
  const deletion = deletionOf(outside);
  let moments = 0;
  let dead = false;
  const pass = (): void => {
    if (!dead) moments += 1;
    if (moments >= moment) dead = true;
    if (dead) throw new Cut();
  };
  outside.onCall = (when) => {
    if (when === at) pass();
  };
  const died = await deletion
    .go(() => {
      if (at === "write") pass();
      else if (dead) throw new Cut();
    })
    .then(
      () => false,
      (error: unknown) => {
        if (error instanceof Cut) return true;
        throw error;
      },
    );
  outside.onCall = () => undefined;
  await deletion.go();
  expectNothingLeft(outside, deletion);
  const { assets, assetsPurged, assetsErased, usersDeleted } = deletion.store.get()?.counts ?? {};
  expect([assets, assetsPurged, assetsErased, usersDeleted]).toEqual([12, 12, 12, 3]);
  return died;
}

describe("the deletion of a tenant", () => {
  it("leaves nothing of what any place knows, in pages, and counts what it removed", async () => {
    const outside = new Outside(120);
    const deletion = deletionOf(outside);
    await deletion.go();
    expect(deletion.store.get()?.endedAtMs).not.toBeNull();
    expectNothingLeft(outside, deletion);
    expect(deletion.store.get()?.counts).toEqual({
      assets: 120,
      assetsPurged: 120,
      assetsErased: 120,
      blobsDeleted: 119,
      rowsDeleted: 119,
      usersDeleted: 3,
    });
    expect(deletion.faults).toEqual([]);
  });

  it.each([
    ["before", 80],
    ["after", 80],
    ["write", 150],
  ] as const)(
    "ends alike, at whatever moment its object dies: %s each of its calls or statements",
    async (at, least) => {
      let moments = 0;
      while (await cutOff(moments + 1, at)) moments += 1;
      expect(moments).toBeGreaterThan(least);
    },
  );

  it("is stuck after 16 failures in a row, says why, and goes on when an operator says so", async () => {
    const outside = new Outside(12);
    const deletion = deletionOf(outside);
    let away = true;
    const { world } = deletion.life(() => undefined);
    const broken: DeletionWorld = {
      ...world,
      rows: {
        ...world.rows,
        erase: (...args) => (away ? Promise.reject(new Error("no database")) : world.rows.erase(...args)),
      },
    };
    const go = async (): Promise<void> => {
      for (;;) {
        const state = deletion.store.get();
        if (state?.status !== "running" || state.dueAtMs === null) return;
        deletion.clock.nowMs = Math.max(deletion.clock.nowMs, state.dueAtMs);
        await runDeletion({ ...deletion.life(() => undefined), world: broken }, 60_000);
      }
    };
    await go();
    const stuck = deletion.store.get();
    expect(stuck).toMatchObject({ status: "stuck", step: "erase-index", attempts: MAX_FAILURES, dueAtMs: null });
    expect(stuck?.reason).toBe("erase-index: no database");
    expect([outside.users.size, outside.listed]).toEqual([0, true]);
    // What turns up meanwhile waits, and goes with the rest.
    outside.assets.set(id(600), { phase: "live", jobs: "running" });
    deletion.store.found([id(600)]);
    if (stuck !== null) expect(turnedUp(stuck, deletion.clock.nowMs)).toEqual(stuck);
    // 2 + 4 + … + 256 s, then seven times 300 s, less 20 % at most.
    const tookMs = deletion.clock.nowMs - 5;
    expect(tookMs).toBeGreaterThan(2_000_000);
    expect(tookMs).toBeLessThan(2_700_000);
    away = false;
    if (stuck !== null) deletion.store.keep(retried(stuck, deletion.clock.nowMs));
    await go();
    expectNothingLeft(outside, deletion);
  });

  it("takes an asset that turns up late like the others, before and after its end, and looks twice for what was under way", async () => {
    const outside = new Outside(12);
    const deletion = deletionOf(outside);
    await deletion.go();
    const endedAtMs = deletion.clock.nowMs;
    const lateLook = async (assetId: string, blob: string): Promise<void> => {
      outside.assets.set(assetId, { phase: "live", jobs: "ended" });
      outside.blobs.add(blob);
      deletion.clock.nowMs = deletion.store.get()?.dueAtMs ?? 0;
      while ((deletion.store.get()?.dueAtMs ?? Infinity) <= deletion.clock.nowMs + 60_000) {
        deletion.clock.nowMs = Math.max(deletion.clock.nowMs, deletion.store.get()?.dueAtMs ?? 0);
        await runDeletion(
          deletion.life(() => undefined),
          60_000,
        );
      }
      expectNothingLeft(outside, deletion);
    };
    expect(deletion.store.get()?.dueAtMs).toBe(endedAtMs + 3_600_000);
    await lateLook(id(500), `${TENANT}/assets/${id(500)}/uploads/1`);
    expect(deletion.store.get()?.dueAtMs).toBe(endedAtMs + 25 * 3_600_000);
    await lateLook(id(501), `${TENANT}/assets/${id(501)}/jobs/job_1/1/x.bin`);
    expect(deletion.store.get()?.dueAtMs).toBeNull();

    outside.assets.set(id(502), { phase: "live", jobs: "running" });
    deletion.store.found([id(502)]);
    const state = deletion.store.get();
    if (state !== null) deletion.store.keep(turnedUp(state, deletion.clock.nowMs));
    while ((deletion.store.get()?.dueAtMs ?? null) !== null) {
      deletion.clock.nowMs = Math.max(deletion.clock.nowMs, deletion.store.get()?.dueAtMs ?? 0);
      await runDeletion(
        deletion.life(() => undefined),
        60_000,
      );
    }
    expectNothingLeft(outside, deletion);
  });
});
