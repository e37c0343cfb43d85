import { describe, expect, it } from "vitest";
import type { AssetSummary } from "../contracts/asset.ts";
import { assetWords } from "./asset-words.ts";

const summary: AssetSummary = {
  id: "ast_01M85NKE4DP0RP9DAQ2HN40J9C",
  name: "harbour-sign_2.jpg",
  status: "analysed",
  reason: null,
  mediaType: "image",
  contentType: "image/jpeg",
  sizeBytes: 1,
  sha256: null,
  tags: ["trip", "north"],
  metadata: { title: "At the pier", artist: "A. Fisher" },
  insightCount: 0,
  seq: 1,
  createdAt: "2026-01-01T00:00:00.000Z",
  finishedAt: null,
  updatedAt: "2026-01-01T00:00:00.000Z",
};

describe("the words of an asset", () => {
  it("are its name's words, its title, its people and its tags", () => {
    expect(assetWords(summary).text).toBe("harbour sign 2 jpg, At the pier, A. Fisher, trip, north");
  });

  it("are none when nothing in the name can be read", () => {
    expect(assetWords({ ...summary, name: "…", tags: [], metadata: {} })).toMatchObject({
      text: null,
      embedding: null,
    });
  });
});
