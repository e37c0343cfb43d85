/** Broken and hostile files: each ends in a terminal state with a reason, and the file beside them is unaffected. */
import { join } from "node:path";
import { fileSource } from "@aima/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeBroken } from "../../local/samples/broken.ts";
import { makeSamples } from "../../local/samples/samples.ts";
import { type LocalStack, startLocalStack } from "../support/local-stack.ts";

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
});
afterAll(() => stack.stop());

describe("broken and hostile files", () => {
  it("end with a reason each, beside a healthy file that is analysed", async () => {
    const broken = await makeBroken(join(stack.dataDir, "broken"));
    const [healthy] = await makeSamples(join(stack.dataDir, "samples"));
    if (healthy === undefined) throw new Error("no sample");
    const ended = await Promise.all(
      [...broken, healthy].map(async ({ name, path }) => {
        const { id } = await stack.client.assets.upload({ ...(await fileSource(path)), name });
        const asset = await stack.client.assets.waitUntilFinished(id);
        return { name, status: asset.status, mediaType: asset.mediaType, reason: asset.reason, steps: asset.steps };
      }),
    );
    for (const { name, status, reason, steps } of ended) {
      expect(["analysed", "failed", "quarantined"], name).toContain(status);
      if (status !== "analysed") expect(reason, name).toMatchObject({ code: expect.any(String) as string });
      for (const step of steps) expect(["succeeded", "skipped", "failed"], name).toContain(step.status);
    }
    const of = (part: string) => ended.find(({ name }) => name.includes(part));
    expect(of("empty")).toMatchObject({ status: "failed", reason: { code: "empty_file" } });
    expect(of("png-named")).toMatchObject({ status: "analysed", mediaType: "image" });
    expect(of("text")).toMatchObject({ status: "failed" });
    expect(of("truncated")).toMatchObject({ status: "failed" });
    expect(ended.at(-1)).toMatchObject({ name: healthy.name, status: "analysed" });
  });
});
