/** Breaks things on its own account while faults are on: crashes, evictions, clock jumps, all at once. */
import type { World } from "../world.ts";

export function unleash(world: World): void {
  const { scheduler, faults, faultRandom } = world;
  const meanMs = faultRandom.pick([3_000, 10_000, 30_000, 120_000]);
  const strike = (): void => {
    if (!faults.active) return;
    const hosts = [...world.hosts()].filter((host) => host.awake);
    const [first, ...rest] = hosts;
    if (first !== undefined) {
      const host = faultRandom.pick([first, ...rest]);
      if (faults.strikes("evict", host.name)) host.evict();
      else {
        faults.note("crash", host.name);
        host.crash();
      }
    }
    if (faults.strikes("clock-jump", "")) scheduler.jump(faultRandom.skewed(1_000, 900_000));
    if (faults.strikes("control-plane-killed", "all")) world.killControlPlane();
    scheduler.after(faultRandom.int(1, 2 * meanMs), strike);
  };
  scheduler.after(faultRandom.int(1, 2 * meanMs), strike);
}
