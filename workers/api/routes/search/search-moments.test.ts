import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SearchHit } from "../../../../shared/contracts/search.ts";
import { IndexUnavailable } from "../../../../shared/ports/asset-index.ts";
import { makeWorld } from "../../fakes/world.ts";

beforeEach(() => {
  vi.spyOn(console, "log").mockReturnValue(undefined);
});

const HIT: SearchHit = {
  assetId: "ast_00000000000000000000000001",
  assetName: "a.jpg",
  mediaType: "image",
  insightId: "ocr-1",
  kind: "ocr-text",
  timeRange: null,
  page: null,
  box: null,
  snippet: "aurora",
  score: 0.016,
  reasons: [{ index: "full-text", rank: 1, detail: 'text contains "aurora"' }],
};

describe("searching", () => {
  it("reads lists given more than once and with commas", async () => {
    const { call, searched } = makeWorld();
    await call("/v1/search?q=aurora&mediaType=image,video&kind=ocr-text&kind=caption");
    expect(searched).toEqual([
      {
        q: "aurora",
        mediaTypes: ["image", "video"],
        kinds: ["ocr-text", "caption"],
        createdAfter: null,
        createdBefore: null,
        limit: 20,
        offset: 0,
      },
    ]);
  });

  it("goes on at the cursor and refuses it for another query", async () => {
    const offsets: number[] = [];
    const { call } = makeWorld({
      search: async (_tenant, { offset }) => {
        offsets.push(offset);
        return { hits: [HIT], hasMore: true, degraded: ["vector"] };
      },
    });
    const first = (await (await call("/v1/search?q=aurora")).json()) as { next: string; degraded: string[] };
    expect(first.degraded).toEqual(["vector"]);
    await call(`/v1/search?q=aurora&cursor=${first.next}`);
    expect(offsets).toEqual([0, 1]);
    expect((await call(`/v1/search?q=other&cursor=${first.next}`)).status).toBe(422);
  });

  it("refuses a query without words, with an unknown media type or with what no kind is called", async () => {
    const { call } = makeWorld();
    const kinds = ["?q=a&kind=", "?q=a&kind=%00%EF%BF%BF", "?q=a&kind=ocr-text,%00"];
    for (const query of ["", "?q=", "?q=%20", "?q=a&mediaType=smell", "?q=a&limit=101", "?q=a&q=b", ...kinds]) {
      expect((await call(`/v1/search${query}`)).status).toBe(422);
    }
  });

  it("answers 503 when no index answers", async () => {
    const { call } = makeWorld({
      search: async () => {
        throw new IndexUnavailable("down");
      },
    });
    const response = await call("/v1/search?q=a");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "search_unavailable" });
  });
});
