/** Journals as a client reads them: while they grow, and in the end. */
import type { AimaClient, JournalEvent } from "@aima/sdk";
import type { History } from "./history.ts";

const PAGE = 1_000;

/** A whole journal. */
export async function readJournal(client: AimaClient, jobId: string): Promise<JournalEvent[]> {
  const events: JournalEvent[] = [];
  for (;;) {
    const page = await client.jobs.events(jobId, { after: events.at(-1)?.seq ?? 0, limit: PAGE });
    events.push(...page);
    if (page.length < PAGE) return events;
  }
}

/** Looks at one journal after the other while they are written, and notes the last event that it was shown. */
export async function watchJournals(
  client: AimaClient,
  jobIds: readonly string[],
  history: History,
  ended: () => boolean,
): Promise<void> {
  const seen = new Map<string, number>();
  while (!ended()) {
    for (const writer of jobIds) {
      const after = seen.get(writer) ?? 0;
      const page = await client.jobs.events(writer, { after, limit: PAGE }).catch(() => []);
      const last = page.at(-1);
      if (last === undefined) continue;
      seen.set(writer, last.seq);
      history.add({ op: "read", writer, seq: last.seq, hash: last.hash });
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
