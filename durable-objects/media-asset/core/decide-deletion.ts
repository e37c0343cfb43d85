/** Deleting, bringing back, removing for good. Pure. */
import { ok, refuse } from "../../../shared/core/result.ts";
import { after, goOn } from "./analysis-course.ts";
import { closing, purging } from "./closing.ts";
import type { DeletionCommand } from "./commands.ts";
import { absent, type Decision, NOTHING } from "./decision.ts";
import { event } from "./events.ts";
import { type LiveAsset, TERMINAL } from "./state.ts";

export function decideDeletion(state: LiveAsset, command: DeletionCommand, nowMs: number): Decision {
  switch (command.type) {
    case "delete": {
      const now = command.purge || command.retentionMs <= 0;
      if (state.status === "deleted") return now ? purge(state, absent) : absent;
      const deleted = event("AssetDeleted", {
        purgeAtMs: now ? null : nowMs + command.retentionMs,
        contentKept: true,
      });
      return ok(now ? [deleted, purging(state)] : [deleted]);
    }
    case "purge":
      return purge(state, NOTHING);
    case "restore":
      return restore(state, command.newJobId, nowMs);
  }
}

/** A purge begins once; what has become of it is its saga's matter. */
function purge(state: LiveAsset, purged: Decision): Decision {
  if (state.status !== "deleted" || state.deletion === null) return NOTHING;
  if (state.deletion.purgedAtMs !== null) return purged;
  return state.saga === null ? ok([purging(state)]) : NOTHING;
}

function restore(state: LiveAsset, newJobId: string, nowMs: number): Decision {
  const { deletion, saga } = state;
  if (state.status !== "deleted" || deletion === null) return NOTHING;
  if (deletion.purgeAtMs === null || deletion.purgeAtMs <= nowMs || saga !== null) {
    return refuse({ code: "asset_purged", detail: "The time in which the asset could be restored is over." });
  }
  const restored = event("AssetRestored", {});
  const back = after(state, [restored], nowMs);
  if (TERMINAL.has(back.status)) return ok([restored, ...closing(back, { compensating: back.status !== "analysed" })]);
  // Also when no step is open: the end of its job may have met a deleted asset, and nobody tells it again.
  return ok(back.status === "analysing" ? [restored, ...goOn(back, newJobId, nowMs, null)] : [restored]);
}
