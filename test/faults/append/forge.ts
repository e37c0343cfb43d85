/** Damages a journal in the way that only the history can tell: the chain is whole again afterwards. */
import { expectedHash } from "./check-history.ts";
import type { JournalLine } from "./history-lines.ts";

/** The journal without one event: those after it have moved up, with new numbers and hashes. */
export function withoutEvent(journal: readonly JournalLine[], index: number): JournalLine[] {
  return rechained(journal.toSpliced(index, 1));
}

/** Numbers and hashes made anew, whatever the events are. */
export function rechained(journal: readonly JournalLine[]): JournalLine[] {
  let prevHash = "0".repeat(64);
  return journal.map(({ writer, event }, index) => {
    const moved = { ...event, seq: index + 1, prevHash };
    prevHash = expectedHash(moved);
    return { writer, event: { ...moved, hash: prevHash } };
  });
}
