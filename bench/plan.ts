/**
 * What is sent for one job, made from its number alone: the same job every time. One report is sent twice and two
 * neighbours change places, so that a server that drops, repeats or reorders a checkpoint is found out.
 */
export type Report = { readonly seq: number; readonly value: number };

export type Plan = {
  /** In the order of sending: one more than there are values. */
  readonly reports: readonly Report[];
  /** What the server has to hold at the end, in this order. */
  readonly values: readonly number[];
};

const LARGEST_VALUE = 1_000_000;

/** Marsaglia's xorshift, 32 bits: enough to scatter values. */
function* numbers(seed: number): Generator<number, never> {
  let state = (seed * 2_654_435_761 + 1) | 0 || 1;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

export function planOf(job: number, reportCount: number): Plan {
  const random = numbers(job + 1);
  const below = (limit: number): number => random.next().value % limit;
  const values = Array.from({ length: reportCount }, () => below(LARGEST_VALUE));
  const reports = values.map((value, index): Report => ({ seq: index + 1, value }));
  if (reportCount > 1) {
    const first = below(reportCount - 1);
    reports.splice(first, 2, ...reports.slice(first, first + 2).toReversed());
  }
  const twice = below(reportCount);
  reports.splice(twice, 0, ...reports.slice(twice, twice + 1));
  return { reports, values };
}
