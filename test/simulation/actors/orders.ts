/** What somebody outside asks of an object, and what was answered; everything is kept for the judges. */
import type { Result } from "../../../shared/core/result.ts";
import type { Refusal } from "../../../shared/errors/refusal.ts";
import { SimulatedFault } from "../faults.ts";
import type { World } from "../world.ts";

export type Order<T> = {
  /** `tenant/job` or `tenant/asset`. */
  readonly target: string;
  readonly command: string;
  readonly detail: string;
  readonly ask: () => Promise<Result<T, Refusal>>;
};

/** Asks once; null when nobody answered. */
export async function order<T>(
  world: World,
  { target, command, detail, ask }: Order<T>,
): Promise<Result<T, Refusal> | null> {
  const kept = { target, command, detail, sentAtMs: world.scheduler.nowMs };
  try {
    const answer = await world.edge(`${command} ${target}`, ask);
    const code = answer.ok ? null : answer.error.code;
    const seq = answer.ok ? seqOf(answer.value) : null;
    world.ledger.commands.push({ ...kept, answer: { ok: answer.ok, code, atMs: world.scheduler.nowMs, seq } });
    return answer;
  } catch (error) {
    if (!(error instanceof SimulatedFault)) world.unexpected(target, error);
    world.ledger.commands.push({ ...kept, answer: null });
    return null;
  }
}

function seqOf(value: unknown): number | null {
  if (typeof value !== "object" || value === null || !("seq" in value)) return null;
  return typeof value.seq === "number" ? value.seq : null;
}

/** Asks until somebody answers, and sometimes once more. */
export async function insist<T>(world: World, given: Order<T>): Promise<Result<T, Refusal>> {
  for (;;) {
    const answer = await order(world, given);
    if (answer !== null) {
      if (world.faults.strikes("command-repeated", given.target)) await order(world, given);
      return answer;
    }
    await world.sleep(world.faultRandom.int(500, 4_000));
  }
}
