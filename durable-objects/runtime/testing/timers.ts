/** Moves the timers of an object, as if time had passed for it. */
import { runInDurableObject } from "cloudflare:test";
import type { Timers } from "../timers.ts";

/** Brings every timer forward by so much; the object has to be evicted to notice. */
export function moveTimers(sql: SqlStorage, ms: number): void {
  sql.exec(
    "UPDATE snapshot SET timers = (SELECT json_group_object(key, json_array((value ->> 0) - ?, value ->> 1)) FROM json_each(timers))",
    ms,
  );
}

/** Makes one timer due, or all of them; the next alarm takes them. */
export async function makeDue(stub: DurableObjectStub, name: string | null = null): Promise<void> {
  await runInDurableObject(stub, (instance, { storage }) => {
    storage.sql.exec(
      `UPDATE snapshot SET timers = (SELECT json_group_object(key, json_array(CASE WHEN key = coalesce(?, key) THEN 1 ELSE value ->> 0 END, value ->> 1)) FROM json_each(timers))`,
      name,
    );
    // SAFETY: every actor has them.
    (instance as unknown as { timers: Timers }).timers.forget(false);
  });
}
