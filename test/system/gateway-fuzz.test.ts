/**
 * Twenty thousand requests that nobody should send to the API, and three thousand to the doors beside it, against the
 * real Workers. Each is answered: never by a fault, and what is refused is refused by a problem whose code the document
 * (beside the API: a table written by hand) names for that place.
 *
 * What fails is told with a command that sends it again: `AIMA_FUZZ_SEED` draws the same requests, `AIMA_FUZZ_PATH` sends
 * one of them alone and makes it smaller.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf, routeOf } from "../gateway/contract.ts";
import { type Finding, type Fuzzing, fuzz, replay, told } from "../gateway/fuzz.ts";
import { hostileRequests } from "../gateway/hostile-requests.ts";
import { doorFaultsOf, type Grants, hostileDoorRequests } from "../gateway/hostile-side-doors.ts";
import { rawClient, type RawRequest } from "../gateway/raw-request.ts";
import { type RealWorkers, startRealWorkers } from "../gateway/real-workers.ts";
import { json, makeTenants, submitJob, type Tenants } from "../gateway/tenants.ts";
import {
  type IdentityProvider,
  providerSettings,
  startIdentityProvider,
} from "../support/identity-provider/identity-provider.ts";
import { parseSigningKeys, signToken } from "../../shared/tokens/signed-token.ts";
import { SECRETS } from "../support/secrets.ts";

const REQUESTS = Number(process.env["AIMA_FUZZ_REQUESTS"] ?? 20_000);
const DOOR_REQUESTS = Math.ceil((REQUESTS * 4) / 25);
const CONCURRENCY = 16;
/** The one used is printed. */
const SEED = Number(process.env["AIMA_FUZZ_SEED"] ?? 20_261_125);
/** `<part>/<path>`: one request of one of the two parts. */
const [PART, PATH] = process.env["AIMA_FUZZ_PATH"]?.split("/") ?? [];
/** Seconds since 1970. */
const FAR = 9_999_999_999;
const FILE = "test/system/gateway-fuzz.test.ts";

let idp: IdentityProvider;
let workers: RealWorkers;
let client: ReturnType<typeof rawClient>;
let tenants: Tenants;

beforeAll(async () => {
  idp = await startIdentityProvider();
  workers = await startRealWorkers(providerSettings(idp.issuer, "ten_owner1"));
  client = rawClient(workers.origin, CONCURRENCY);
  tenants = await makeTenants(workers, client.send);
});
afterAll(async () => {
  client.close();
  await workers.stop();
  await idp.stop();
});

const HOW_MANY = { api: REQUESTS, doors: DOOR_REQUESTS } as const;

/** Sends all of them, or the one that is asked for, and fails with what was found; how many had which status. */
async function sendAll<R extends RawRequest>(
  part: keyof typeof HOW_MANY,
  fuzzing: Omit<Fuzzing<R>, "send" | "seed">,
): Promise<(status: number) => number> {
  const whole: Fuzzing<R> = { ...fuzzing, send: client.send, seed: SEED };
  const say = (finding: Finding): string => told({ ...finding, path: `${part}/${finding.path}` }, SEED, FILE);
  if (PART !== undefined) {
    const found = PART === part ? await replay(whole, PATH ?? "") : null;
    expect(found === null ? null : say(found)).toBeNull();
    return () => Number.POSITIVE_INFINITY;
  }
  const count = HOW_MANY[part];
  const startedMs = performance.now();
  const { statuses, findings } = await fuzz(whole, { count, concurrency: CONCURRENCY });
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  const counts = [...statuses].toSorted(([a], [b]) => a - b).map(([status, times]) => `${status}: ${times}`);
  process.stdout.write(`fuzzed ${part}: seed ${SEED}, ${count} in ${seconds} s, ${counts.join(", ")}\n`);
  expect(findings.slice(0, 20).map(say).join("\n")).toBe("");
  expect(workers.faults.slice(0, 5)).toEqual([]);
  return (status) => statuses.get(status) ?? 0;
}

/** As an agent of the pool gets it: the addresses of the first attempt of a job of the first tenant. */
async function leased(): Promise<Grants> {
  await submitJob(workers, "job_00000000000000000000000008", tenants.ids["assetId"] ?? "");
  const agent = { authorization: `Bearer ${SECRETS.AGENT_TOKEN}` };
  const engines = [{ name: "cpu", operations: ["ocr"] }];
  await json(client.send, "/agents/register", { agentId: "agt_fuzz", version: "1", engines, concurrency: 64 }, agent);
  const { lease } = await json(client.send, "/agents/lease", { agentId: "agt_fuzz", waitSeconds: 8 }, agent);
  // SAFETY: what the door answers to an agent that has work to do.
  const { callbackUrl, blobsUrl } = lease as { callbackUrl: string; blobsUrl: string };
  const last = (url: string): string => url.split("/").at(-1) ?? "";
  const write = last(blobsUrl);
  const put = { method: "PUT", path: `/blobs/${write}/fuzz.bin`, headers: {}, body: "0123456789" };
  const { key } = JSON.parse((await client.send(put)).body) as { key: string };
  const read = Object.assign({ exp: FAR }, { use: "read", key });
  return { report: last(callbackUrl), read: await signToken(parseSigningKeys(SECRETS.SIGNING_KEYS), read), write };
}

describe("the gateway", () => {
  it(`answers ${REQUESTS} hostile requests as documented`, async () => {
    const sessions = { owner: await tenants.session("owner"), platform: await tenants.session("platform") };
    const of = await sendAll("api", {
      requests: hostileRequests(tenants, sessions),
      faultsOf: ({ method, path }, answer) =>
        faultsOf({ route: routeOf(workers.origin, method, path), method, answer }),
    });
    // The requests reach what they are meant for: neither refused at the door alone, nor all by one rule.
    for (const status of [200, 400, 401, 403, 404, 405, 413, 415, 422])
      expect(of(status), String(status)).toBeGreaterThan(REQUESTS / 1_000);
    expect(of(200)).toBeGreaterThan(REQUESTS / 20);
  });
});

describe("the doors beside the API", () => {
  it(`refuse what is wrong with ${DOOR_REQUESTS} hostile requests, and nothing else`, async () => {
    const of = await sendAll("doors", {
      requests: await hostileDoorRequests(await leased()),
      faultsOf: doorFaultsOf,
    });
    for (const status of [200, 201, 206, 401, 404, 405, 416, 422])
      expect(of(status), String(status)).toBeGreaterThan(DOOR_REQUESTS / 400);
  });
});
