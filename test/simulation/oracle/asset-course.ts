/** What one asset's journal has to look like: its own small model of an asset's life, made from requirements alone. */
import type { Entry } from "./journal.ts";

export type AssetLife = {
  status: string;
  /** What it was before it was deleted. */
  statusBefore: string;
  readonly open: Set<string>;
  readonly faults: string[];
  ended: boolean;
};

const FINISHED = new Set(["analysed", "failed", "quarantined", "deleted", "purged"]);

/** Events that only an analysis under way can have. */
const ANALYSIS = new Set([
  "StepFinished",
  "StepReopened",
  "JobsPlanned",
  "JobEnded",
  "AnalysisAdvanced",
  "AnalysisFinished",
]);

export function liveThrough(entries: readonly Entry[]): AssetLife {
  const life: AssetLife = { status: "none", statusBefore: "none", open: new Set(), faults: [], ended: false };
  for (const entry of entries) {
    const fault = live(life, entry);
    if (fault !== null) life.faults.push(`event ${entry.seq}: ${fault}`);
  }
  life.ended = FINISHED.has(life.status);
  if (!life.ended) life.faults.push(`it never ended: it is ${life.status}`);
  return life;
}

function live(life: AssetLife, entry: Entry): string | null {
  const { type } = entry;
  if (life.status === "purged") return type.startsWith("Saga") ? null : `${type} after it was purged`;
  if (ANALYSIS.has(type)) return liveAnalysis(life, entry);
  switch (type) {
    case "AssetCreated":
      return move(life, type, ["none"], "uploading");
    case "UploadBegun":
    case "ContentStored":
    case "MultipartNoted":
    case "UploadFailed":
      return move(life, type, ["uploading"], "uploading");
    case "UploadCompleted":
      return move(life, type, ["uploading"], "inspecting");
    case "UploadExpired":
      return move(life, type, ["uploading"], "failed");
    case "AssetInspected":
      return move(life, type, ["inspecting"], "inspecting");
    case "AssetRefused":
      return move(life, type, ["inspecting"], String(entry.data["status"]));
    case "AnalysisStarted":
      for (const { id } of entry.data["steps"] as { id: string }[]) life.open.add(id);
      return move(life, type, ["inspecting"], "analysing");
    case "AnalysisRestarted":
      for (const step of entry.data["steps"] as string[]) life.open.add(step);
      return move(life, type, ["analysed", "failed", "quarantined"], "analysing");
    case "AssetDeleted": {
      const { status } = life;
      life.statusBefore = status;
      return status === "deleted" || status === "none"
        ? `deleted while ${status}`
        : move(life, type, [status], "deleted");
    }
    case "AssetRestored":
      return move(life, type, ["deleted"], life.statusBefore);
    case "AssetPurged":
      return move(life, type, ["deleted"], "purged");
    default:
      return type.startsWith("Saga") ? null : `${type} is unknown`;
  }
}

function liveAnalysis(life: AssetLife, { type, data }: Entry): string | null {
  if (life.status !== "analysing") return `${type} while it is ${life.status}`;
  const step = String(data["step"]);
  if (type === "StepFinished") return life.open.delete(step) ? null : `step ${step} ended twice`;
  if (type === "StepReopened") life.open.add(step);
  if (type !== "AnalysisFinished") return null;
  const open = [...life.open];
  life.open.clear();
  life.status = String(data["status"]);
  return open.length === 0 ? null : `the analysis ended with open steps ${open.join(", ")}`;
}

function move(life: AssetLife, type: string, from: readonly string[], to: string): string | null {
  const { status } = life;
  life.status = to;
  return from.includes(status) ? null : `${type} while it was ${status}`;
}
