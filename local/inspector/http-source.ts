import { type RangeSource, RangeSourceError } from "../../shared/inspection/range-source.ts";

const RANGE_TIMEOUT_MS = 10_000;

/** Ranges of a URL that answers `Range: bytes=a-b` with 206 and exactly those bytes. */
export function httpSource(url: string, sizeBytes: number): RangeSource {
  return {
    sizeBytes,
    read: async (offset, length) => {
      const reply = await fetch(url, {
        headers: { range: `bytes=${offset}-${offset + length - 1}` },
        signal: AbortSignal.timeout(RANGE_TIMEOUT_MS),
      });
      if (reply.status === 206) return new Uint8Array(await reply.arrayBuffer());
      await reply.body?.cancel();
      throw new RangeSourceError(`range read answered with status ${reply.status}`);
    },
  };
}
