import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { Outbox } from "./outbox.ts";
import { createActorSchema } from "./schema.ts";

/** The outbox of an object that nobody else uses. */
async function withOutbox(test: (outbox: Outbox) => void): Promise<void> {
  const stub = env.MEDIA_ASSET.get(env.MEDIA_ASSET.idFromName(crypto.randomUUID()));
  await runInDurableObject(stub, (_instance, { storage }) => {
    createActorSchema(storage.sql, { steps: [], baseline: [] });
    test(new Outbox(storage.sql, true));
  });
}

const entry = (target: string, key: string, confirmedByReceiver = false) => ({
  target,
  key,
  body: { key },
  confirmedByReceiver,
});
const keys = (rows: readonly { key: string }[]): string[] => rows.map(({ key }) => key);

describe("the outbox", () => {
  it("O1: holds back what comes after a row that did not arrive, for its target only", async () => {
    await withOutbox((outbox) => {
      outbox.add([entry("object:a", "1"), entry("object:b", "1")], 0);
      const [first, other] = [...outbox.due("object:a", 0), ...outbox.due("object:b", 0)];
      if (first === undefined || other === undefined) throw new Error("two rows are due");
      outbox.failed(first, 0, 0);
      outbox.delivered(other, 0, 0);
      outbox.add([entry("object:a", "2"), entry("object:b", "2")], 0);
      expect([keys(outbox.due("object:a", 0)), keys(outbox.due("object:b", 0))]).toEqual([[], ["2"]]);
      expect([keys(outbox.due("object:a", 1_000)), keys(outbox.due("object:b", 1_000))]).toEqual([["1", "2"], ["2"]]);
      expect([...outbox.allDue(1_000)].map(([target, rows]) => [target, keys(rows)])).toEqual([
        ["object:a", ["1", "2"]],
        ["object:b", ["2"]],
      ]);
    });
  });

  it("O2: sends a row again until its receiver has confirmed, and holds back nothing for it", async () => {
    await withOutbox((outbox) => {
      outbox.add([entry("queue:place", "1", true)], 0);
      const [row] = outbox.due("queue:place", 0);
      if (row === undefined) throw new Error("the row is due");
      outbox.delivered(row, 0, 0);
      outbox.add([entry("queue:place", "2", true)], 0);
      expect(keys(outbox.due("queue:place", 14_999))).toEqual(["2"]);
      expect(keys(outbox.due("queue:place", 15_000))).toEqual(["1", "2"]);
      outbox.confirm("queue:place", "1");
      expect(keys(outbox.due("queue:place", 15_000))).toEqual(["2"]);
    });
  });

  it("O3: replaces the row of the same key, which the sending of the old one cannot touch", async () => {
    await withOutbox((outbox) => {
      outbox.add([entry("object:a", "1")], 0);
      const [old] = outbox.due("object:a", 0);
      if (old === undefined) throw new Error("the row is due");
      outbox.add([{ ...entry("object:a", "1"), body: { newer: true } }], 0);
      outbox.delivered(old, 0, 0);
      expect(outbox.due("object:a", 0).map(({ body }) => body)).toEqual([{ newer: true }]);
    });
  });
});
