/** In the end nothing waits: no message, no alarm that was given up, no state that only memory had. */
import type { ObjectHost } from "../platform/object-host.ts";

export function judgeRest(host: ObjectHost): string[] {
  const faults: string[] = [];
  const has = (table: string): boolean =>
    host.sql.look("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table).length > 0;
  if (has("outbox")) {
    const rows = host.sql.look<{ target: string; key: string }>("SELECT target, key FROM outbox");
    for (const { target, key } of rows) faults.push(`${target} was never told ${key}`);
  }
  if (has("snapshot")) {
    const timers = host.sql.look<{ name: string }>("SELECT key AS name FROM snapshot, json_each(timers)");
    if (timers.length > 0 && host.alarmAtMs === null) {
      faults.push(`the timer ${timers.map(({ name }) => name).join(", ")} is set and no alarm is`);
    }
  }
  if (host.alarmsDropped > 0) faults.push("the platform gave up its alarm");
  return faults;
}
