/** A zip archive on disk, read part by part under caps. */
import { type FileHandle, open } from "node:fs/promises";
import { readDirectory, readEntry, type ZipEntry } from "../../../../shared/inspection/document/zip.ts";
import { TruncatedError } from "../../../../shared/inspection/byte-view.ts";
import { RangeReader } from "../../../../shared/inspection/range-reader.ts";

/** Inflated size of one part; the XML of a sheet with a hundred thousand rows is below. */
const MAX_PART_BYTES = 48 * 1024 * 1024;
/** A whole archive may be read some times over, not for ever. */
const BUDGET = { maxBytes: 2 * 1024 * 1024 * 1024, maxRangeReads: 200_000, maxCalls: 400_000 };

export class Archive {
  readonly #file: FileHandle;
  readonly #reader: RangeReader;
  readonly #entries: ReadonlyMap<string, ZipEntry>;

  private constructor(file: FileHandle, reader: RangeReader, entries: ReadonlyMap<string, ZipEntry>) {
    this.#file = file;
    this.#reader = reader;
    this.#entries = entries;
  }

  /** Throws `ZipBombError` or `TruncatedError`. */
  static async open(path: string, sizeBytes: number): Promise<Archive> {
    const file = await open(path);
    try {
      const reader = new RangeReader({ sizeBytes, read: (offset, length) => bytesOf(file, offset, length) }, BUDGET);
      return new Archive(file, reader, await readDirectory(reader));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Whether entries of the archive are encrypted by the archive itself. */
  get isEncrypted(): boolean {
    return [...this.#entries.values()].some((entry) => entry.isEncrypted);
  }

  /** Null for a part that is not there or damaged. Throws `ZipBombError`. */
  async bytes(name: string): Promise<Uint8Array | null> {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.isEncrypted) return null;
    try {
      return await readEntry(this.#reader, entry, MAX_PART_BYTES);
    } catch (error) {
      if (error instanceof TruncatedError) return null;
      throw error;
    }
  }

  /** The part as text: UTF-8, or UTF-16 where it begins with its mark. */
  async text(name: string): Promise<string | null> {
    const bytes = await this.bytes(name);
    if (bytes === null) return null;
    const [first, second] = bytes;
    if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
    if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
    return new TextDecoder().decode(bytes);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function bytesOf(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
