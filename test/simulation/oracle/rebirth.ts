/**
 * What an object says of itself is the same after its memory is gone, and after its state is made anew from the
 * journal alone.
 */
import type { ObjectHost } from "../platform/object-host.ts";
import type { World } from "../world.ts";

/** To be run at rest; tells the ledger what differs. */
export async function judgeRebirth(world: World): Promise<void> {
  const hosts = [...world.objects.GPU_JOB.hosts.values(), ...world.objects.MEDIA_ASSET.hosts.values()];
  let asked = 0;
  for (const host of hosts) {
    void compare(world, host).finally(() => (asked += 1));
  }
  await world.scheduler.run(() => asked === hosts.length, world.scheduler.nowMs + 600_000);
  if (asked < hosts.length) world.ledger.violate("world", "an object does not answer at rest");
}

async function compare(world: World, host: ObjectHost): Promise<void> {
  const before = JSON.stringify(await host.call("get", []));
  host.crash();
  const after = JSON.stringify(await host.call("get", []));
  if (after !== before) world.ledger.violate(host.name, `after a crash at rest it says ${after} instead of ${before}`);
  host.crash();
  // A snapshot of a shape that no release has written: nothing but the journal is left to go by.
  const kept = host.sql.look("SELECT 1 FROM sqlite_master WHERE name = 'snapshot'").length > 0;
  if (kept) host.sql.exec("UPDATE snapshot SET version = -1", []);
  const replayed = JSON.stringify(await host.call("get", []));
  if (replayed !== before) world.ledger.violate(host.name, `its journal makes ${replayed} instead of ${before}`);
}
