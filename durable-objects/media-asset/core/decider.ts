import type { Decider } from "../../../shared/core/decider.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import type { AssetCommand } from "./commands.ts";
import { decide } from "./decide.ts";
import type { AssetEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { type AssetState, initialState, STATE_VERSION } from "./state.ts";
import { upcast } from "./upcast.ts";

export const assetDecider: Decider<AssetState, AssetCommand, AssetEvent, Refusal> = {
  initialState,
  stateVersion: STATE_VERSION,
  decide,
  evolve,
  upcast,
};
