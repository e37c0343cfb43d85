/** Titles, artists and sound formats through music-metadata, whose allocations the tokenizer bounds. */
import { type IAudioMetadata, parseFromTokenizer } from "music-metadata";
import type { MetadataDraft } from "../finding.ts";
import type { RangeReader } from "../range-reader.ts";
import { RangeTokenizer } from "../range-tokenizer.ts";

/** Everything music-metadata reads without walking the whole file; throws what it throws. */
export async function readTags(reader: RangeReader, contentType: string): Promise<IAudioMetadata> {
  return parseFromTokenizer(new RangeTokenizer(reader, contentType), {
    duration: false,
    skipCovers: true,
    mkvUseIndex: true,
  });
}

/** The common tags; nothing when the file cannot be read, for tags are never what an asset ends on. */
export async function tagMetadata(reader: RangeReader, contentType: string): Promise<MetadataDraft> {
  try {
    return commonTags(await readTags(reader, contentType));
  } catch {
    return {};
  }
}

/** The first of several values stands for all. */
export function commonTags({ common }: IAudioMetadata): MetadataDraft {
  const comment = common.comment?.find((entry) => (entry.text ?? "") !== "")?.text;
  return {
    title: common.title,
    artist: common.artist,
    album: common.album,
    genre: common.genre?.[0],
    composer: common.composer?.[0],
    comment,
    year: common.year,
    trackNumber: common.track.no,
  };
}
