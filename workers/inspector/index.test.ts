import { expect, test, vi } from "vitest";
import type { Inspection } from "../../shared/contracts/media.ts";
import inspector, { inspectStored, type InspectorEnv, retryDelaySeconds } from "./index.ts";

const GIF = Uint8Array.of(0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 3, 0, 2, 0, 0, 0, 0, 0x3b);
const MESSAGE = {
  tenant: "ten_0001",
  assetId: "ast_0123456789abcdefghijKL",
  key: "ten_0001/a/1",
  name: "a.gif",
  sizeBytes: GIF.length,
};

function environment(stored: Uint8Array | null): {
  env: InspectorEnv;
  recorded: [name: string, inspection: Inspection][];
} {
  const recorded: [string, Inspection][] = [];
  const env = {
    MEDIA: {
      get: async (_key: string, { range }: { range: { offset: number; length: number } }) =>
        stored === null
          ? null
          : { arrayBuffer: async () => stored.slice(range.offset, range.offset + range.length).buffer },
    },
    MEDIA_ASSET: {
      idFromName: (name: string) => ({ name, toString: () => name, equals: () => false }),
      get: ({ name }: { readonly name?: string }) => ({
        recordInspection: async (inspection: Inspection) => {
          recorded.push([name ?? "", inspection]);
          return { ok: true, value: null };
        },
      }),
    },
  };
  return { env, recorded };
}

function batchOf(body: unknown) {
  const message = {
    id: "m1",
    timestamp: new Date(0),
    body,
    attempts: 1,
    ack: vi.fn<() => void>(),
    retry: vi.fn<() => void>(),
  };
  return {
    message,
    batch: {
      queue: "aima-inspect-dev",
      messages: [message],
      ackAll: vi.fn<() => void>(),
      retryAll: vi.fn<() => void>(),
      metadata: {},
    },
  };
}

async function deliver(body: unknown, env: InspectorEnv) {
  const { message, batch } = batchOf(body);
  // SAFETY: the handler uses the messages of a batch and nothing else of it.
  await inspector.queue(batch as unknown as MessageBatch, env);
  return message;
}

test("the inspection is recorded at the asset that the message names, and the message is done", async () => {
  const { env, recorded } = environment(GIF);
  const message = await deliver(MESSAGE, env);
  expect(message.ack).toHaveBeenCalledOnce();
  expect(recorded).toHaveLength(1);
  expect(recorded[0]?.[0]).toBe("ten_0001/ast_0123456789abcdefghijKL");
  expect(recorded[0]?.[1]).toMatchObject({
    verdict: "accepted",
    contentType: "image/gif",
    metadata: { width: 3, height: 2 },
  });
});

test("an object that is not there is tried again later, and nothing is recorded", async () => {
  const { env, recorded } = environment(null);
  const message = await deliver(MESSAGE, env);
  expect(message.retry).toHaveBeenCalledOnce();
  expect(message.ack).not.toHaveBeenCalled();
  expect(recorded).toEqual([]);
});

test("a message of another shape reaches the dead letters by its retries", async () => {
  const { env } = environment(GIF);
  expect((await deliver({ ...MESSAGE, tenant: "x" }, env)).retry).toHaveBeenCalledOnce();
  await expect(inspectStored({}, env)).rejects.toThrow("expected string");
});

test("retries wait 5, 15, 45 and then 60 seconds, less up to a fifth", () => {
  expect([1, 2, 3, 4].map((attempt) => retryDelaySeconds(attempt, 0))).toEqual([5, 15, 45, 60]);
  expect(retryDelaySeconds(3, 1)).toBe(36);
});
