/** The fuzzer finds a fault that was planted, makes its request small, and tells it again from seed and path. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fuzzing, fuzz, replay, told } from "./fuzz.ts";
import type { RawRequest, Send } from "./raw-request.ts";

const SEED = 42;

const requests: fc.Arbitrary<RawRequest> = fc
  .record({ number: fc.integer({ min: 0, max: 100_000 }), name: fc.string({ maxLength: 20 }) })
  .map(({ number, name }) => ({
    method: "POST",
    path: `/things/${number}`,
    headers: {},
    body: JSON.stringify({ name }),
  }));

const numberIn = ({ path }: RawRequest): number => Number(path.split("/")[2]);

/** Fails for the numbers from 40,000 on. */
const faulty: Send = async (asked) => ({ status: numberIn(asked) >= 40_000 ? 500 : 200, headers: {}, body: "" });

const fuzzing = (send: Send): Fuzzing<RawRequest> => ({
  requests,
  send,
  faultsOf: (_asked, { status }) => (status >= 500 ? [`status ${status}`] : []),
  seed: SEED,
});

describe("the fuzzer", () => {
  it("finds a fault, once for all requests that have it, and the smallest request with it", async () => {
    const { statuses, findings } = await fuzz(fuzzing(faulty), { count: 200, concurrency: 4 });
    expect(findings).toHaveLength(1);
    const [finding] = findings;
    expect(finding).toMatchObject({ faults: "status 500", failedAgain: true });
    expect(finding?.count).toBe(statuses.get(500));
    expect([...statuses.values()].reduce((sum, each) => sum + each)).toBe(200);
    // The least number that fails, and nothing else that matters.
    expect(finding?.request).toEqual({ method: "POST", path: "/things/40000", headers: {}, body: '{"name":""}' });
  });

  it("tells the same request again by seed and path, and the place alone leads to the same smallest one", async () => {
    const { findings } = await fuzz(fuzzing(faulty), { count: 200, concurrency: 4 });
    const [finding] = findings;
    const again = await replay(fuzzing(faulty), finding?.path ?? "");
    expect(again?.request).toEqual(finding?.request);
    const [place = ""] = finding?.path.split(":") ?? [];
    const drawn = fc.sample(requests, { seed: SEED, numRuns: 200 })[Number(place)];
    const sent: RawRequest[] = [];
    const watched: Send = (asked) => {
      sent.push(asked);
      return faulty(asked);
    };
    expect((await replay(fuzzing(watched), place))?.request).toEqual(finding?.request);
    expect(sent[0]).toEqual(drawn);
  });

  it("finds nothing where nothing is wrong, at the same place neither", async () => {
    const sound: Send = async () => ({ status: 200, headers: {}, body: "" });
    const { findings } = await fuzz(fuzzing(sound), { count: 200, concurrency: 4 });
    expect(findings).toEqual([]);
    expect(await replay(fuzzing(sound), "7")).toBeNull();
  });

  it("says of a fault that comes once that it does not come alone", async () => {
    let sent = 0;
    const once: Send = async () => ({ status: (sent += 1) === 100 ? 500 : 200, headers: {}, body: "" });
    const { findings } = await fuzz(fuzzing(once), { count: 200, concurrency: 1 });
    expect(findings).toMatchObject([{ path: "99", failedAgain: false, count: 1 }]);
  });

  it("takes no answer for a fault, and names the command that tells it again", async () => {
    const silent: Send = () => Promise.reject(new Error("closed"));
    const { findings } = await fuzz(fuzzing(silent), { count: 3, concurrency: 1 });
    const [finding] = findings;
    expect(finding?.faults).toBe("no answer: Error: closed");
    expect(finding === undefined ? "" : told(finding, SEED, "test/system/x.test.ts")).toContain(
      `AIMA_FUZZ_SEED=42 AIMA_FUZZ_PATH=${finding?.path} npm run test:system -- test/system/x.test.ts`,
    );
  });
});
