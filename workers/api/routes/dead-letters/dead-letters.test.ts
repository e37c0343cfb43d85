import { describe, expect, it } from "vitest";
import type { DeadLetter } from "../../../../shared/contracts/dead-letters.ts";
import { FakeDeadLetters } from "../../fakes/dead-letters.ts";
import { makeWorld } from "../../fakes/world.ts";

const id = (number: number): string => `dlt_${String(number).padStart(32, "0")}`;

const letter = (number: number, over: Partial<DeadLetter> = {}): DeadLetter => ({
  id: id(number),
  queue: "index",
  entity: "ast_01M85NKE4DP0RP9DAQ2HN40J9C",
  body: { tenant: "ten_one1", assetId: "ast_01M85NKE4DP0RP9DAQ2HN40J9C", seq: number },
  status: "open",
  attempts: 5,
  lastError: "away",
  firstFailedAt: `2026-01-0${number}T00:00:00.000Z`,
  lastFailedAt: `2026-01-0${number}T00:00:00.000Z`,
  ...over,
});

function world(letters: readonly DeadLetter[]) {
  const made = makeWorld();
  const mine = new FakeDeadLetters(letters);
  made.letters.set("ten_one1", mine);
  return { ...made, mine };
}
const codeOf = async (response: Response): Promise<unknown> => [
  response.status,
  ((await response.json()) as { code: unknown }).code,
];

describe("GET /v1/dead-letters", () => {
  it("accepts: newest first, page by page, with what the bounds have dropped", async () => {
    const { call } = world([letter(1), letter(2), letter(3)]);
    const first = (await (await call("/v1/dead-letters?limit=2")).json()) as Record<string, unknown>;
    expect(first).toMatchObject({ deadLetters: [{ id: id(3) }, { id: id(2) }], dropped: 2 });
    const second = await (await call(`/v1/dead-letters?limit=2&cursor=${String(first["next"])}`)).json();
    expect(second).toEqual({ deadLetters: [letter(1)], dropped: 2, next: null });
  });

  it("accepts: filters by queue and by status", async () => {
    const { call } = world([letter(1), letter(2, { queue: "place" }), letter(3, { status: "redriven" })]);
    const ids = async (query: string): Promise<unknown> =>
      ((await (await call(`/v1/dead-letters${query}`)).json()) as { deadLetters: DeadLetter[] }).deadLetters.map(
        (each) => each.id,
      );
    expect(await ids("?queue=place")).toEqual([id(2)]);
    expect(await ids("?status=redriven")).toEqual([id(3)]);
    expect(await ids("?queue=index&status=open")).toEqual([id(1)]);
  });

  it("refuses: a queue, a status or a cursor that is none, and a cursor of another filter", async () => {
    const { call } = world([letter(1), letter(2)]);
    expect((await call("/v1/dead-letters?queue=other")).status).toBe(422);
    expect((await call("/v1/dead-letters?status=gone")).status).toBe(422);
    expect(await codeOf(await call("/v1/dead-letters?cursor=x.y"))).toEqual([422, "invalid_cursor"]);
    const { next } = (await (await call("/v1/dead-letters?limit=1")).json()) as { next: string };
    expect(await codeOf(await call(`/v1/dead-letters?limit=1&status=open&cursor=${next}`))).toEqual([
      422,
      "invalid_cursor",
    ]);
  });

  it("who may: only a key to manage them; nobody sees another tenant's", async () => {
    const { call } = world([letter(1)]);
    expect((await call("/v1/dead-letters", { key: "key-to-read" })).status).toBe(403);
    expect(await (await call("/v1/dead-letters", { key: "key-of-two" })).json()).toEqual({
      deadLetters: [],
      dropped: 2,
      next: null,
    });
    expect((await call("/v1/dead-letters", { key: null })).status).toBe(401);
  });
});

describe("one dead letter", () => {
  const calls = [
    ["GET", ""],
    ["POST", "/redrive"],
    ["DELETE", ""],
  ] as const;

  it("accepts: is read, sent again once however often it is asked, and thrown away", async () => {
    const { call, mine } = world([letter(1)]);
    expect(await (await call(`/v1/dead-letters/${id(1)}`)).json()).toEqual(letter(1));
    for (let i = 0; i < 2; i += 1) {
      const answer = await call(`/v1/dead-letters/${id(1)}/redrive`, { method: "POST" });
      expect([answer.status, await answer.json()]).toEqual([200, letter(1, { status: "redriven" })]);
    }
    expect(mine.sent).toEqual([id(1)]);
    for (let i = 0; i < 2; i += 1)
      expect((await call(`/v1/dead-letters/${id(1)}`, { method: "DELETE" })).status).toBe(204);
    expect(await (await call(`/v1/dead-letters/${id(1)}`)).json()).toMatchObject({ status: "purged", body: null });
  });

  it("refuses: an id that is none, one that is unknown, and to send what was thrown away", async () => {
    const { call } = world([letter(1, { status: "purged", body: null })]);
    for (const [method, rest] of calls) {
      expect(await codeOf(await call(`/v1/dead-letters/nonsense${rest}`, { method }))).toEqual([404, "not_found"]);
      expect(await codeOf(await call(`/v1/dead-letters/${id(9)}${rest}`, { method }))).toEqual([404, "not_found"]);
    }
    const purged = await call(`/v1/dead-letters/${id(1)}/redrive`, { method: "POST" });
    expect(await codeOf(purged)).toEqual([409, "dead_letter_purged"]);
  });

  it("who may: nobody of another tenant, and nobody with a key that is for other things", async () => {
    const { call, mine } = world([letter(1)]);
    for (const [method, rest] of calls) {
      const path = `/v1/dead-letters/${id(1)}${rest}`;
      expect(await codeOf(await call(path, { method, key: "key-of-two" }))).toEqual([404, "not_found"]);
      expect((await call(path, { method, key: "key-to-read" })).status).toBe(403);
    }
    expect(await mine.deadLetter(id(1))).toMatchObject({ value: { status: "open" } });
  });
});

describe("POST /v1/dead-letters/redrive", () => {
  it("accepts: sends all open ones, those of one queue, and no more than asked for", async () => {
    const { call, post, mine } = world([letter(1), letter(2, { queue: "place" }), letter(3), letter(4)]);
    expect(await (await post("/v1/dead-letters/redrive", { queue: "index", limit: 2 })).json()).toEqual({
      redriven: 2,
      remaining: 1,
    });
    expect(mine.sent).toEqual([id(1), id(3)]);
    // Without a body it is all of them.
    expect(await (await call("/v1/dead-letters/redrive", { method: "POST" })).json()).toEqual({
      redriven: 2,
      remaining: 0,
    });
  });

  it("refuses: a limit out of bounds, an unknown queue, an unknown field", async () => {
    const { post } = world([]);
    for (const body of [{ limit: 0 }, { limit: 1001 }, { queue: "other" }, { status: "open" }])
      expect((await post("/v1/dead-letters/redrive", body)).status).toBe(422);
  });

  it("who may: only a key to write, only the tenant's own", async () => {
    const { call, mine } = world([letter(1)]);
    const at = (key: string): Promise<Response> => call("/v1/dead-letters/redrive", { method: "POST", key });
    expect((await at("key-to-read")).status).toBe(403);
    expect(await (await at("key-of-two")).json()).toEqual({ redriven: 0, remaining: 0 });
    expect(mine.sent).toEqual([]);
  });
});
