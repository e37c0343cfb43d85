/**
 * Twenty thousand requests that nobody should send, against the real Workers. Each is answered: never by a fault, and
 * what is refused is refused by a problem whose code the document names for that route.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultsOf, routeOf } from "../gateway/contract.ts";
import { hostileRequests } from "../gateway/hostile-requests.ts";
import { rawClient, type RawRequest } from "../gateway/raw-request.ts";
import { type RealWorkers, startRealWorkers } from "../gateway/real-workers.ts";
import { makeTenants, type Tenants } from "../gateway/tenants.ts";
import {
  type IdentityProvider,
  providerSettings,
  startIdentityProvider,
} from "../support/identity-provider/identity-provider.ts";

const REQUESTS = Number(process.env["AIMA_FUZZ_REQUESTS"] ?? 20_000);
const CONCURRENCY = 16;
/** Another one by `AIMA_FUZZ_SEED`; the one used is printed. */
const SEED = Number(process.env["AIMA_FUZZ_SEED"] ?? 20_261_125);

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

const shown = ({ method, path, headers, body }: RawRequest): string =>
  `${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 400)} ${String(body).slice(0, 200)}`;

describe("the gateway", () => {
  it(`answers ${REQUESTS} hostile requests as documented`, async () => {
    const sessions = { owner: await tenants.logIn("owner"), platform: await tenants.logIn("platform") };
    const requests = hostileRequests(tenants, sessions, REQUESTS, SEED);
    const statuses = new Map<number, number>();
    const wrong = new Map<string, string>();
    let wrongCount = 0;
    const startedMs = performance.now();
    const queue = requests.values();
    const worker = async (): Promise<void> => {
      for (const asked of queue) {
        const answer = await client.send(asked).catch((error: unknown) => `no answer: ${String(error)}`);
        if (typeof answer === "string") {
          wrongCount += 1;
          wrong.set(answer, shown(asked));
          continue;
        }
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const route = routeOf(workers.origin, asked.method, asked.path);
        const faults = faultsOf({ route, method: asked.method, answer });
        if (faults.length === 0) continue;
        wrongCount += 1;
        const key = `${route?.operationId ?? "no route"}: ${faults.join("; ")}`;
        if (!wrong.has(key)) wrong.set(key, `${shown(asked)} → ${answer.status} ${answer.body.slice(0, 300)}`);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    const counts = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    process.stdout.write(`fuzzed: seed ${SEED}, ${REQUESTS} in ${seconds} s, ${counts.join(", ")}\n`);
    expect([...wrong].slice(0, 20), `${wrongCount} wrong of ${wrong.size} kinds`).toEqual([]);
    expect(workers.faults.slice(0, 5)).toEqual([]);
    // The requests reach what they are meant for: neither refused at the door alone, nor all by one rule.
    const of = (status: number): number => statuses.get(status) ?? 0;
    for (const status of [200, 400, 401, 403, 404, 405, 413, 415, 422])
      expect(of(status), String(status)).toBeGreaterThan(20);
    expect(of(200)).toBeGreaterThan(REQUESTS / 20);
  });
});
