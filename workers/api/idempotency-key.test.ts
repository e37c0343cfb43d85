/** What a repetition under an `Idempotency-Key` is told, on every route that keeps the key. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { refuse } from "../../shared/core/result.ts";
import { FakeDeadLetters } from "./fakes/dead-letters.ts";
import { makeWorld, OPERATOR } from "./fakes/world.ts";
import { DESCRIBED } from "./routes/table.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

type Told = readonly [number, string | null, unknown];
const told = async (answer: Response): Promise<Told> => [
  answer.status,
  answer.headers.get("idempotent-replayed"),
  await answer.json(),
];

describe("a repeated request under its key", () => {
  it("of a key that is made or rolled tells that it was done, and shows no secret again", async () => {
    const { post } = makeWorld();
    const body = { name: "Import", permissions: ["assets:read"] };
    const key = { "idempotency-key": "one" };
    const [made, , issued] = await told(await post("/v1/api-keys", body, key));
    const { id, secret } = issued as { id: string; secret: string };
    expect([made, typeof secret]).toEqual([201, "string"]);
    const again = await told(await post("/v1/api-keys", body, key));
    expect(again).toMatchObject([409, "true", { code: "secret_shown" }]);
    expect(JSON.stringify(again)).toContain(id);
    expect(JSON.stringify(again)).not.toContain(secret);
    expect((await post(`/v1/api-keys/${id}/roll`, {}, key)).status).toBe(200);
    expect(await told(await post(`/v1/api-keys/${id}/roll`, {}, key))).toMatchObject([
      409,
      "true",
      { code: "secret_shown" },
    ]);
  });

  it("of a key that is switched answers as at first, and switches nothing", async () => {
    const { call, post } = makeWorld();
    const made = await post("/v1/api-keys", { name: "Import", permissions: ["assets:read"] });
    const { id } = (await made.json()) as { id: string };
    const off = () => call(`/v1/api-keys/${id}/disable`, { method: "POST", headers: { "idempotency-key": "one" } });
    const first = await told(await off());
    expect(first).toMatchObject([200, null, { status: "disabled" }]);
    expect((await call(`/v1/api-keys/${id}/enable`, { method: "POST" })).status).toBe(200);
    expect(await told(await off())).toEqual([200, "true", first[2]]);
    expect(await (await call(`/v1/api-keys/${id}`)).json()).toMatchObject({ status: "enabled" });
  });

  it("of a tenant that is made, suspended or let in answers as at first", async () => {
    const { call } = makeWorld();
    const ask = async (path: string, body?: object): Promise<Told> =>
      told(
        await call(path, {
          method: "POST",
          key: OPERATOR,
          headers: { "idempotency-key": "one", "content-type": "application/json" },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
    const first = await ask("/v1/platform/tenants", { name: "Harbour" });
    expect(first).toMatchObject([201, null, { name: "Harbour", status: "active" }]);
    expect(await ask("/v1/platform/tenants", { name: "Harbour" })).toEqual([201, "true", first[2]]);
    const path = `/v1/platform/tenants/${(first[2] as { id: string }).id}`;
    const suspended = await ask(`${path}/suspend`);
    expect(suspended).toMatchObject([200, null, { status: "suspended" }]);
    expect(await ask(`${path}/resume`)).toMatchObject([200, null, { status: "active" }]);
    expect(await ask(`${path}/suspend`)).toEqual([200, "true", suspended[2]]);
    expect(await (await call(path, { key: OPERATOR })).json()).toMatchObject({ status: "active" });
  });

  it("while the first is at work is refused with 409", async () => {
    class Busy extends FakeDeadLetters {
      override redriveAll = async () => refuse({ code: "idempotency_in_flight" as const, detail: "At work." });
    }
    const { call } = makeWorld({ deadLetters: () => new Busy([]) });
    const answer = await call("/v1/dead-letters/redrive", { method: "POST", headers: { "idempotency-key": "one" } });
    expect(await told(answer)).toMatchObject([409, null, { code: "idempotency_in_flight" }]);
  });
});

/** POSTs whose repetition is a request of its own: reading, logging in, and what a token or password lets happen once. */
const NOT_KEPT = ["auth", "users"];

describe("the contract of a POST", () => {
  const posts = DESCRIBED.filter(({ method }) => method === "post");

  it.each(posts.map((route) => ({ name: route.operationId, route })))(
    "$name says whether it keeps its key",
    ({ route }) => {
      const said = route.headers?.["Idempotency-Key"] ?? "";
      const marks = Object.values(route.responses).some(({ headers = {} }) => "Idempotent-Replayed" in headers);
      expect(said).toContain(marks ? "within 80 hours" : "not kept");
      if (!marks) expect(NOT_KEPT).toContain(route.tag);
    },
  );

  it("is kept by all that make or operate assets, jobs, keys, tenants and dead letters", () => {
    const kept = posts.filter(({ headers }) => headers?.["Idempotency-Key"]?.includes("80 hours") === true);
    expect(kept.map(({ operationId }) => operationId)).toEqual(
      expect.arrayContaining([
        "createAsset",
        "completeAsset",
        "restoreAsset",
        "rerunAsset",
        "retryAssetSaga",
        "abandonAssetSaga",
        "confirmJob",
        "pauseJob",
        "resumeJob",
        "cancelJob",
        "redriveDeadLetter",
        "redriveDeadLetters",
        "createApiKey",
        "rollApiKey",
        "disableApiKey",
        "enableApiKey",
        "createTenant",
        "suspendTenant",
        "resumeTenant",
        "inviteUser",
      ]),
    );
  });
});
