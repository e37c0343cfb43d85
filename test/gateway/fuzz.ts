/**
 * Sends drawn requests and finds what is wrong with the answers. Every request can be told again from the seed and its
 * place, and a failing one is made smaller, as long as it fails.
 */
import * as fc from "fast-check";
import type { RawAnswer, RawRequest, Send } from "./raw-request.ts";

export type Fuzzing<R extends RawRequest> = {
  readonly requests: fc.Arbitrary<R>;
  readonly send: Send;
  /** Everything that is wrong with an answer; empty for nothing. */
  readonly faultsOf: (asked: R, answer: RawAnswer) => readonly string[];
  readonly seed: number;
};

export type Finding = {
  /** What is wrong. */
  readonly faults: string;
  /** Of how many requests. */
  readonly count: number;
  /** Tells the request again, with the seed: its place, and the steps by which it was made smaller. */
  readonly path: string;
  /** The smallest that still failed, or the one that failed, if it did not fail again. */
  readonly request: RawRequest;
  readonly failedAgain: boolean;
};

export type Fuzzed = { readonly statuses: ReadonlyMap<number, number>; readonly findings: readonly Finding[] };

/** Kinds of faults that are looked at more closely, and for how long each. */
const MOST_SHRUNK = 5;
const SHRINK_MS = 5_000;

/** `count` requests, `concurrency` of them under way at a time. The same seed draws the same ones. */
export async function fuzz<R extends RawRequest>(
  fuzzing: Fuzzing<R>,
  { count, concurrency }: { readonly count: number; readonly concurrency: number },
): Promise<Fuzzed> {
  const statuses = new Map<number, number>();
  const first = new Map<string, { readonly at: number; readonly request: R; count: number }>();
  const queue = fc.sample(fuzzing.requests, { numRuns: count, seed: fuzzing.seed }).entries();
  const worker = async (): Promise<void> => {
    for (const [at, request] of queue) {
      const { status, faults } = await judged(fuzzing, request);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (faults === "") continue;
      const known = first.get(faults);
      if (known === undefined) first.set(faults, { at, request, count: 1 });
      else known.count += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const findings: Finding[] = [];
  for (const [faults, { at, request, count: times }] of first) {
    const smaller = findings.length < MOST_SHRUNK ? await replay(fuzzing, String(at)) : null;
    findings.push(
      smaller === null
        ? { faults, count: times, path: String(at), request, failedAgain: false }
        : { ...smaller, count: times },
    );
  }
  return { statuses, findings };
}

/** The request at `path`, sent once more and made smaller while it fails; null when it does not fail. */
export async function replay<R extends RawRequest>(fuzzing: Fuzzing<R>, path: string): Promise<Finding | null> {
  const faultsSeen: string[] = [];
  const property = fc.asyncProperty(fuzzing.requests, async (request) => {
    const { faults } = await judged(fuzzing, request);
    if (faults !== "") faultsSeen.push(faults);
    return faults === "";
  });
  const { seed } = fuzzing;
  const found = await fc.check(property, { seed, path, numRuns: 1, interruptAfterTimeLimit: SHRINK_MS });
  if (found.counterexample === null) return null;
  const [request] = found.counterexample;
  return {
    faults: faultsSeen.at(-1) ?? "",
    count: 1,
    path: found.counterexamplePath ?? path,
    request,
    failedAgain: true,
  };
}

async function judged<R extends RawRequest>(
  { send, faultsOf }: Fuzzing<R>,
  request: R,
): Promise<{ readonly status: number; readonly faults: string }> {
  try {
    const answer = await send(request);
    return { status: answer.status, faults: faultsOf(request, answer).join("; ") };
  } catch (error) {
    return { status: 0, faults: `no answer: ${String(error)}` };
  }
}

/** A finding as a person reads it, with the command that tells it again. */
export function told({ faults, count, path, request, failedAgain }: Finding, seed: number, file: string): string {
  const { method, headers, body } = request;
  const shown = `${method} ${request.path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 600)} ${String(body).slice(0, 300)}`;
  const again = `AIMA_FUZZ_SEED=${seed} AIMA_FUZZ_PATH=${path} npm run test:system -- ${file}`;
  const how = failedAgain ? again : `alone it does not fail; all of them: AIMA_FUZZ_SEED=${seed}`;
  return `${faults} (${count} times)\n  ${shown}\n  ${how}`;
}
