/**
 * Agents append numbered events through the public interface while the Worker's workerd and its launcher are killed
 * with SIGKILL every few seconds for two minutes. A checker that knows none of the project's code then finds every
 * acknowledged event in the journals, once and in order; and everything still comes to its end, by alarms alone.
 *
 * SIGKILL takes away a process, not the page cache: what a loss of power would do is not shown here.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AimaClient } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPort } from "../../local/ports.ts";
import { PNG } from "../../shared/inspection/sample-files.ts";
import { until } from "../support/local-stack.ts";
import { type Verdict, valueOf } from "./append/check-history.ts";
import { SECRETS } from "../support/secrets.ts";
import { DevServer } from "./append/dev-server.ts";
import { withoutEvent } from "./append/forge.ts";
import { History } from "./append/history.ts";
import { HistoryLine, type JournalLine, parseLines } from "./append/history-lines.ts";
import { killAgainAndAgain, killEverything } from "./append/kill-schedule.ts";
import { type Load, runAgent } from "./append/numbering-agent.ts";
import { randomFrom } from "./append/random.ts";
import { readJournal, watchJournals } from "./append/read-back.ts";
import { suspectsOf } from "./append/suspects.ts";

const JOBS = 12;
const AGENTS = 8;
const LEAST = { acknowledged: 1_000, kills: 40 };
const DURATION_MS = 120_000;
/** A slow machine gets this long for its kills. */
const LONGEST_MS = 400_000;
/** The reports of results are disturbed too, for this long; then the agents come to their end in peace. */
const FINISHING_KILLS_MS = 15_000;
/** After this time without a report an attempt has lost its lease. */
const LEASE_MS = 30_000;
/** Each agent falls silent once, the first after this time and each of the others a while later. */
const FIRST_SILENCE_MS = 10_000;
const SILENCE_EVERY_MS = 6_000;

let dir: string;
let server: DevServer;
let client: AimaClient;
/** Asset by job. */
const assetOf = new Map<string, string>();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "aima-append-"));
  server = new DevServer(dir, (await findPort(0)) ?? 0);
  await server.build();
  await server.start("main", "inspector");
  const reply = await fetch(`${server.baseUrl}/internal/bootstrap`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRETS.BOOTSTRAP_SECRET}` },
    body: JSON.stringify({ tenant: "ten_append", name: "Append" }),
  });
  const { apiKey } = (await reply.json()) as { apiKey: string };
  client = new AimaClient({ baseUrl: server.baseUrl, apiKey });
  for (let number = 1; number <= JOBS; number += 1) {
    const open = (): ReadableStream<Uint8Array> => new Blob([PNG]).stream();
    const { id } = await client.assets.upload({ name: `number-${number}.png`, sizeBytes: PNG.length, open });
    const jobId = await until(async () => {
      const asset = await client.assets.get(id);
      if (asset.status === "failed") throw new Error(asset.reason?.detail);
      return asset.jobId;
    });
    assetOf.set(jobId, id);
  }
});
afterAll(async () => {
  await server.killAll();
  await rm(dir, { recursive: true, force: true });
});

describe("events that were acknowledged", () => {
  it("are all there, once and in order, after more than forty kills", async ({ onTestFailed }) => {
    onTestFailed(async () => void process.stderr.write(`${(await server.complaints()).join("\n")}\n`));
    const seed = Number(process.env["AIMA_FAULT_SEED"] ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    const history = new History(join(dir, "history.jsonl"));
    const jobIds = [...assetOf.keys()];
    const [abandoned = "", ...finished] = jobIds;
    const failed = new AbortController();
    const startedAtMs = Date.now();
    const elapsedMs = (): number => Date.now() - startedAtMs;
    const finishing = (): boolean =>
      elapsedMs() >= LONGEST_MS ||
      (elapsedMs() >= DURATION_MS && history.kills >= LEAST.kills && history.acknowledged >= LEAST.acknowledged);
    let lastBlowAtMs = Number.POSITIVE_INFINITY;
    const load: Load = {
      baseUrl: server.baseUrl,
      history,
      random,
      signal: failed.signal,
      numbers: new Map(),
      open: new Set(finished),
      finishing,
    };

    await killEverything(server, history);
    let working = true;
    const agents = Array.from({ length: AGENTS }, (_, index) =>
      runAgent(load, `agt_append-${index}`, startedAtMs + FIRST_SILENCE_MS + index * SILENCE_EVERY_MS),
    );
    const tasks = [
      Promise.all(agents).finally(() => (working = false)),
      killAgainAndAgain(server, history, random, () => {
        if (finishing()) lastBlowAtMs = Math.min(lastBlowAtMs, Date.now() + FINISHING_KILLS_MS);
        return !working || Date.now() >= lastBlowAtMs;
      }),
      watchJournals(client, jobIds, history, () => !working),
    ];
    for (const task of tasks) task.catch((error: unknown) => failed.abort(error));
    await Promise.allSettled(tasks);
    failed.signal.throwIfAborted();
    const tookMs = elapsedMs();

    // The last report is acknowledged; what it makes of its asset, and the lease of the job that was left without a
    // word, are up to the system, to which nobody speaks.
    await killEverything(server, history);
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 10_000));
    const readAtMs = Date.now();
    const left = await client.jobs.get(abandoned);
    expect(left.attempts.at(-1)).toMatchObject({ cause: "lost_heartbeat" });
    expect(Date.parse(left.attempts.at(-1)?.endedAt ?? "")).toBeLessThan(readAtMs);
    for (const jobId of finished) {
      expect(await client.jobs.get(jobId)).toMatchObject({ status: "succeeded" });
      await expectAnalysedOnce(assetOf.get(jobId) ?? "");
    }
    await runAgent(
      { ...load, open: new Set([abandoned]), finishing: () => true, signal: new AbortController().signal },
      "agt_append-last",
      Number.POSITIVE_INFINITY,
    );
    await expectAnalysedOnce(assetOf.get(abandoned) ?? "");

    history.close();
    const journals: JournalLine[] = [];
    for (const writer of jobIds)
      journals.push(...(await readJournal(client, writer)).map((event) => ({ writer, event })));
    const lostLeases = journals.filter(({ event }) => event.data["cause"] === "lost_heartbeat").length;
    const { findings, ...counts } = await verdictOf(journals);
    process.stdout.write(`${JSON.stringify({ event: "acknowledged_events", seed, tookMs, lostLeases, ...counts })}\n`);
    expect(lostLeases).toBeGreaterThanOrEqual(AGENTS);
    expect({ seed, findings: findings.slice(0, 20) }).toEqual({ seed, findings: [] });
    await expectPlantedFaultFound(journals);
  }, 900_000);
});

/** The one finding of the first step is there, once. */
async function expectAnalysedOnce(assetId: string): Promise<void> {
  expect(await client.assets.waitUntilFinished(assetId, { timeoutMs: 60_000 })).toMatchObject({ status: "analysed" });
  const kinds: string[] = [];
  for await (const { kind } of client.assets.insights(assetId)) kinds.push(kind);
  expect(kinds).toEqual(["numbers"]);
}

/** Takes one acknowledged event out of what was read back, chain mended: the checker misses it. */
async function expectPlantedFaultFound(journals: readonly JournalLine[]): Promise<void> {
  const history = parseLines(HistoryLine, await readFile(join(dir, "history.jsonl"), "utf8"));
  const acknowledged = history.flatMap((line) => (line.op === "ok" ? [line] : []));
  const { writer, value } = acknowledged[Math.floor(acknowledged.length / 2)] ?? { writer: "", value: 0 };
  const journal = journals.filter((line) => line.writer === writer);
  const index = journal.findIndex(({ event }) => valueOf(event) === value);
  const damaged = [...journals.filter((line) => line.writer !== writer), ...withoutEvent(journal, index)];
  const { findings } = await verdictOf(damaged);
  expect([suspectsOf(history, journals), suspectsOf(history, damaged)]).toEqual([[], [writer]]);
  // Readers were shown events behind it, and find others in their place.
  expect(findings.filter(({ kind }) => kind !== "read-undone")).toEqual([
    { kind: "lost", writer, detail: `value ${value} was acknowledged` },
  ]);
}

/** The verdict of the checker in a process of its own, from the files alone. */
async function verdictOf(journals: readonly JournalLine[]): Promise<Verdict> {
  const path = join(dir, "journals.jsonl");
  await writeFile(path, journals.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const checker = join(import.meta.dirname, "append/check-history.ts");
  const least = [String(LEAST.acknowledged), String(LEAST.kills)];
  const { stdout } = await promisify(execFile)(process.execPath, [checker, join(dir, "history.jsonl"), path, ...least])
    // The process ends with 1 when it has findings: they are what is asked for.
    .catch((error: unknown) => error as { stdout: string });
  return JSON.parse(stdout) as Verdict;
}
