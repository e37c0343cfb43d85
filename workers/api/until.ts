/** Waiting for something to become so, for `Prefer: wait`. */
import type { Refusable } from "../../shared/contracts/objects.ts";
import { ok } from "../../shared/core/result.ts";

/** The longest that one question to an object stays open. */
const ONE_WAIT_MS = 10_000;

/** An object with a journal: `events` stays open until there is one after a number, or the time is up. */
type Told<V> = {
  events(page: { after: number; limit: number; waitMs: number }): Refusable<unknown>;
  get(): Refusable<V>;
};

/**
 * What the object shows when `isSo` says yes, or when `waitMs` is over. It is the object that waits, woken by each of its
 * events; nothing is asked at a beat.
 */
export async function until<V extends { readonly seq: number }>(
  told: Told<V>,
  first: V,
  isSo: (view: V) => boolean,
  { waitMs, now }: { readonly waitMs: number; readonly now: () => number },
): Refusable<V> {
  const endsAtMs = now() + waitMs;
  let view = first;
  while (!isSo(view)) {
    const leftMs = endsAtMs - now();
    if (leftMs <= 0) break;
    const news = await told.events({ after: view.seq, limit: 1, waitMs: Math.min(leftMs, ONE_WAIT_MS) });
    if (!news.ok) return news;
    const next = await told.get();
    if (!next.ok) return next;
    view = next.value;
  }
  return ok(view);
}
