import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import type { AssetEvent } from "./events.ts";

export type Decision = Result<readonly AssetEvent[], Refusal>;

/** Already so. */
export const NOTHING: Decision = ok([]);

export const absent: Decision = refuse({ code: "not_found", detail: "There is no such asset." });
