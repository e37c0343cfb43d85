import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeadLetter } from "../../../shared/contracts/dead-letters.ts";
import { FakeDeadLetters } from "../../../workers/api/fakes/dead-letters.ts";
import { serve } from "../../../workers/api/fakes/server.ts";
import { KEY, makeWorld } from "../../../workers/api/fakes/world.ts";
import { run } from "./program.ts";

const id = (number: number): string => `dlt_${String(number).padStart(32, "0")}`;
const letter = (number: number): DeadLetter => ({
  id: id(number),
  queue: number % 2 === 0 ? "place" : "index",
  entity: null,
  body: { tenant: "ten_one1", number },
  status: "open",
  attempts: 5,
  lastError: "the index\u001B[31m is away",
  firstFailedAt: new Date(number * 1_000).toISOString(),
  lastFailedAt: new Date(number * 1_000).toISOString(),
});

const world = makeWorld();
let letters: FakeDeadLetters;
let baseUrl: string;
let close: () => Promise<void>;
let said = "";

beforeAll(async () => {
  ({ baseUrl, close } = await serve(async (request) => world.app.fetch(request)));
});
afterAll(() => close());
beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
  said = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
  letters = new FakeDeadLetters(Array.from({ length: 150 }, (_, index) => letter(index + 1)));
  world.letters.set("ten_one1", letters);
});

const aima = async (...args: readonly string[]): Promise<{ code: number; out: string }> => {
  said = "";
  const code = await run(["node", "aima", "--url", baseUrl, "--api-key", KEY, "dead-letters", ...args]);
  return { code, out: said };
};
const ids = (out: string): unknown[] =>
  out
    .trim()
    .split("\n")
    .map((text) => (JSON.parse(text) as { id: unknown }).id);

describe("aima dead-letters", () => {
  it("lists over several pages, newest first, and filters", async () => {
    const { code, out } = await aima("list", "--json", "--limit", "1000");
    expect(code).toBe(0);
    expect(ids(out)).toEqual(Array.from({ length: 150 }, (_, index) => id(150 - index)));
    expect(ids((await aima("list", "--queue", "place", "--limit", "2", "--json")).out)).toEqual([id(150), id(148)]);
    expect((await aima("list", "--limit", "1")).out).toBe(
      `${id(150)}  open      place    -  5 tries  the index [31m is away\n`,
    );
  });

  it("shows one, with its message", async () => {
    const { code, out } = await aima("show", id(3));
    expect(code).toBe(0);
    expect(out).toContain('{"tenant":"ten_one1","number":3}');
    expect(out).toContain("failed 5 times");
    expect((await aima("show", id(999))).code).toBe(4);
  });

  it("redrives the named ones, or all of a queue", async () => {
    expect((await aima("redrive", id(2), id(4))).code).toBe(0);
    expect(letters.sent).toEqual([id(2), id(4)]);
    expect((await aima("redrive", "--queue", "place")).out).toBe("73 sent again\n");
    expect((await aima("redrive", "--json")).out).toBe('{"redriven":75}\n');
    expect(new Set(letters.sent).size).toBe(150);
  });

  it("purges the named ones, and none without a name", async () => {
    expect((await aima("purge", id(2))).out).toBe(`${id(2)} thrown away\n`);
    expect(await letters.deadLetter(id(2))).toMatchObject({ value: { status: "purged", body: null } });
    const error = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect((await aima("purge")).code).toBe(2);
    error.mockRestore();
  });
});
