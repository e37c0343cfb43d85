/** Assets in memory: the real rules, without storage, timers or network. */
import { createHash } from "node:crypto";
import { decide } from "../../../durable-objects/media-asset/core/decide.ts";
import type { AssetCommand } from "../../../durable-objects/media-asset/core/commands.ts";
import { evolve } from "../../../durable-objects/media-asset/core/evolve.ts";
import {
  artifactsOf,
  type AssetState,
  initialState,
  type LiveAsset,
} from "../../../durable-objects/media-asset/core/state.ts";
import { assetSagaOf, viewOf } from "../../../durable-objects/media-asset/core/view.ts";
import type { JournalEvent } from "../../../shared/contracts/asset.ts";
import type { Insight } from "../../../shared/contracts/insight.ts";
import type { Once } from "../../../shared/contracts/once.ts";
import type { MediaAssetRpc } from "../../../shared/contracts/objects.ts";
import { canonicalJson } from "../../../shared/core/canonical-json.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";

const RETENTION_MS = 30 * 86_400_000;
const START_MS = Date.parse("2026-01-02T03:04:05.000Z");
const missing = refuse<Refusal>({ code: "not_found", detail: "There is no such asset." });

export type FakeAsset = MediaAssetRpc & {
  readonly journal: JournalEvent[];
  readonly found: Insight[];
  /** Milliseconds that callers of `events` were ready to wait. */
  readonly waits: number[];
  change(command: AssetCommand): Result<null, Refusal>;
};

export function fakeAsset(maxBytes: number): FakeAsset {
  let state: AssetState = initialState;
  let createdWith: string | null = null;
  const fingerprints = new Map<string, string>();
  const journal: JournalEvent[] = [];
  const states: AssetState[] = [initialState];
  const found: Insight[] = [];
  const waits: number[] = [];
  const live = (): LiveAsset | null => (state.phase === "live" && state.status !== "deleted" ? state : null);
  const change = (command: AssetCommand): Result<null, Refusal> => {
    const decided = decide(state, command, START_MS);
    if (!decided.ok) return decided;
    for (const event of decided.value) {
      const seq = journal.length + 1;
      state = evolve(state, event, START_MS + seq * 1000);
      states.push(state);
      const entry = {
        seq,
        id: `evt_${seq}`,
        type: event.type,
        version: event.version,
        at: new Date(START_MS + seq * 1000).toISOString(),
        // SAFETY: events are plain data.
        data: structuredClone(event.data) as JournalEvent["data"],
        prevHash: journal.at(-1)?.hash ?? "0".repeat(64),
      };
      journal.push({ ...entry, hash: createHash("sha256").update(canonicalJson(entry)).digest("hex") });
    }
    return ok(null);
  };
  const view = () => {
    const asset = live();
    return asset === null ? missing : ok(viewOf(asset, journal.length));
  };
  const changed = (command: AssetCommand) => {
    const result = change(command);
    return result.ok ? view() : result;
  };
  const saga = () => (state.phase === "absent" ? missing : ok(assetSagaOf(state)));
  const operated = (command: AssetCommand) => {
    const result = change(command);
    return result.ok ? saga() : result;
  };
  const once = <T>(key: Once | null, act: () => Result<T, Refusal>, again: () => Result<T, Refusal>) => {
    const before = key === null ? undefined : fingerprints.get(key.key);
    if (key !== null && before === key.fingerprint) return { ...again(), replayed: true as const };
    if (before !== undefined) return refuse<Refusal>({ code: "idempotency_conflict", detail: "Used for another." });
    const result = act();
    if (result.ok && key !== null) fingerprints.set(key.key, key.fingerprint);
    return result;
  };
  return {
    journal,
    found,
    waits,
    change,
    create: async (command) => {
      if (createdWith === canonicalJson(command.body)) return { ...view(), replayed: true };
      const result = changed({ type: "create", ...command });
      if (result.ok) createdWith = canonicalJson(command.body);
      return result;
    },
    beginUpload: async () => {
      const begun = change({ type: "begin-upload" });
      const asset = live();
      if (!begun.ok) return begun;
      if (asset === null || asset.upload === null) return missing;
      const { expectedSizeBytes, expectedSha256, upload } = asset;
      return ok({ upload: upload.number, key: upload.key, maxBytes, expectedSizeBytes, expectedSha256 });
    },
    noteMultipart: async (upload, multipartId) => change({ type: "note-multipart", upload, multipartId }),
    finishUpload: async (upload, content) => changed({ type: "finish-upload", upload, ...content }),
    failUpload: async (upload) => change({ type: "fail-upload", upload }),
    complete: async (body, key = null) => once(key, () => changed({ type: "complete", body }), view),
    get: async (asOfSeq = null) => {
      const then = asOfSeq === null ? state : states[asOfSeq];
      return live() === null || then === undefined || then.phase === "absent"
        ? missing
        : ok(viewOf(then, asOfSeq ?? journal.length));
    },
    events: async ({ after, limit, waitMs }) => {
      waits.push(waitMs);
      return live() === null ? missing : ok({ events: journal.filter(({ seq }) => seq > after).slice(0, limit) });
    },
    insights: async ({ kind, after, limit }) => {
      if (live() === null) return missing;
      const start = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1;
      const rest = found.slice(start).filter((insight) => kind === null || insight.kind === kind);
      return ok({ insights: rest.slice(0, limit), more: rest.length > limit });
    },
    content: async () => {
      const asset = live();
      if (asset === null) return missing;
      if (asset.content === null)
        return refuse({ code: "content_unavailable", detail: `The asset is ${asset.status}.` });
      return ok({ ...asset.content, name: asset.name, contentType: asset.contentType ?? "application/octet-stream" });
    },
    artifact: async (name) => {
      const asset = live();
      const one = asset === null ? undefined : artifactsOf(asset).find((artifact) => artifact.name === name);
      return one === undefined ? missing : ok(one);
    },
    delete: async ({ purge } = { purge: false }) => change({ type: "delete", purge, retentionMs: RETENTION_MS }),
    restore: async (key = null) => once(key, () => changed({ type: "restore", newJobId: JOB_ID }), view),
    rerun: async (fromStep, key = null) =>
      once(key, () => changed({ type: "rerun", fromStep, newJobId: JOB_ID }), view),
    saga: async () => saga(),
    retrySaga: async (key = null) => once(key, () => operated({ type: "retry-saga" }), saga),
    abandonSaga: async (key = null) => once(key, () => operated({ type: "abandon-saga" }), saga),
    recordInspection: async (inspection) => change({ type: "record-inspection", inspection, newJobId: JOB_ID }),
    changesSince: async () => missing,
    confirmIndexed: async () => undefined,
  };
}

/** The job of every analysis here. */
export const JOB_ID = "job_00000000000000000000000001";
