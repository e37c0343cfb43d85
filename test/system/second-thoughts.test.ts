/** Deleting, bringing back, analysing again, uploading the same file twice and removing for good, on everything real. */
import { join } from "node:path";
import { type Asset, fileSource } from "@aima/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeSamples } from "../../local/samples/samples.ts";
import { type LocalStack, startLocalStack, until } from "../support/local-stack.ts";

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocalStack();
});
afterAll(() => stack.stop());

const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<number> => {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
};

it("finds an asset again that was deleted, repeats its analysis, reuses its results, and forgets it", async () => {
  const { assets } = stack.client;
  const samples = await makeSamples(join(stack.dataDir, "samples"));
  const picture = samples.find(({ name, query }) => query !== null && /\.(?:png|jpe?g|webp)$/.test(name));
  if (picture?.query == null) throw new Error("no picture with words among the samples");
  const { path, query } = picture;
  const hitsOf = async (id: string): Promise<number> =>
    (await stack.client.search(query)).hits.filter(({ assetId }) => assetId === id).length;
  const isFound = (id: string): Promise<true> => until(async () => ((await hitsOf(id)) > 0 ? true : null));
  const isGone = (id: string): Promise<true> => until(async () => ((await hitsOf(id)) === 0 ? true : null));
  const upload = async (): Promise<Asset> => {
    const { id } = await assets.upload(await fileSource(path));
    return assets.waitUntilFinished(id);
  };

  const first = await upload();
  expect(first.status).toBe("analysed");
  await isFound(first.id);

  await assets.delete(first.id);
  await expect(assets.get(first.id)).rejects.toMatchObject({ code: "not_found" });
  await isGone(first.id);
  const { seq: _seq, updatedAt: _at, ...before } = first;
  expect(await assets.restore(first.id)).toMatchObject(before);
  await isFound(first.id);

  await assets.rerun(first.id);
  const again = await assets.waitUntilFinished(first.id);
  expect(again).toMatchObject({ status: "analysed", insightCount: first.insightCount });
  expect(again.jobId).not.toBe(first.jobId);
  expect(again.steps.some(({ cached }) => cached)).toBe(false);
  await isFound(first.id);

  const twin = await upload();
  const succeeded = twin.steps.filter(({ status }) => status === "succeeded");
  expect(succeeded.length).toBeGreaterThan(4);
  expect(succeeded.filter(({ cached }) => !cached)).toEqual([]);
  expect(twin.insightCount).toBe(first.insightCount);
  await isFound(twin.id);

  await assets.delete(first.id, { purge: true });
  await until(async () => ((await assets.saga(first.id)).saga?.status === "completed" ? true : null));
  await expect(assets.restore(first.id)).rejects.toMatchObject({ code: "asset_purged" });
  await isGone(first.id);
  // Its twin took copies of what it reused.
  await isFound(twin.id);
  const [artifact] = twin.artifacts;
  if (artifact === undefined) throw new Error("no artifact");
  expect(await bytesOf(await assets.artifact(twin.id, artifact.name))).toBe(artifact.sizeBytes);
});
