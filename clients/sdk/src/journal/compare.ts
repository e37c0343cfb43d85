import { isHash, isObject } from "./entry.ts";
import { itemBatches } from "./items.ts";

/** The first number that two journals give to different entries, with the line of each. */
export type Fork = { readonly seq: number; readonly lines: readonly [number, number] };

type Step = { readonly seq: number; readonly hash: string; readonly line: number };

async function* steps(source: AsyncIterable<Uint8Array>): AsyncGenerator<Step> {
  for await (const batch of itemBatches(source)) {
    for (const { text, line } of batch) {
      const step = text === null ? null : stepOf(text, line);
      if (step !== null) yield step;
    }
  }
}

function stepOf(text: string, line: number): Step | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  // A trailer has a number and a hash too, but no entry before it.
  if (!isObject(value) || !isHash(value["prevHash"])) return null;
  const { seq, hash } = value;
  return typeof seq === "number" && isHash(hash) ? { seq, hash, line } : null;
}

/**
 * Where two exports of one journal part ways, or null when one continues the other. Both are read side by side, in
 * memory that does not grow with them. It compares the hashes that the entries state: what is wrong within either is
 * for `verifyJournal` to find.
 */
export async function firstFork(
  one: AsyncIterable<Uint8Array>,
  other: AsyncIterable<Uint8Array>,
): Promise<Fork | null> {
  const [left, right] = [steps(one), steps(other)];
  try {
    let [a, b] = [await left.next(), await right.next()];
    while (a.done !== true && b.done !== true) {
      if (a.value.seq === b.value.seq) {
        if (a.value.hash !== b.value.hash) return { seq: a.value.seq, lines: [a.value.line, b.value.line] };
        [a, b] = [await left.next(), await right.next()];
      } else if (a.value.seq < b.value.seq) a = await left.next();
      else b = await right.next();
    }
    return null;
  } finally {
    await Promise.all([left.return(undefined), right.return(undefined)]);
  }
}
