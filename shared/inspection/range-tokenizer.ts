/** The reader as the tokenizer that file-type and music-metadata ask for. */
import {
  AbstractTokenizer,
  EndOfStreamError,
  type IRandomAccessFileInfo,
  type IRandomAccessTokenizer,
  type IReadChunkOptions,
} from "strtok3";
import type { RangeReader } from "./range-reader.ts";

/** Allocations follow sizes declared in the file: without a cap one ID3 tag asks for 268 MB. */
const MAX_BUFFER_BYTES = 8 * 1024 * 1024;

/** Random access over one reader; buffers of over 8 MiB are refused. */
export class RangeTokenizer extends AbstractTokenizer implements IRandomAccessTokenizer {
  readonly fileInfo: IRandomAccessFileInfo;
  readonly #reader: RangeReader;

  constructor(reader: RangeReader, mimeType?: string) {
    super({ maxBufferSize: MAX_BUFFER_BYTES });
    this.#reader = reader;
    this.fileInfo = { size: reader.sizeBytes, ...(mimeType === undefined ? {} : { mimeType }) };
  }

  supportsRandomAccess(): boolean {
    return true;
  }

  setPosition(position: number): void {
    this.position = position;
  }

  async readBuffer(buffer: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const length = await this.peekBuffer(buffer, options);
    this.position = (options?.position ?? this.position) + length;
    return length;
  }

  async peekBuffer(buffer: Uint8Array, options?: IReadChunkOptions): Promise<number> {
    const { length, position, mayBeLess } = this.normalizeOptions(buffer, options);
    const bytes = await this.#reader.read(position, length);
    buffer.set(bytes);
    if (bytes.length < length && mayBeLess !== true) throw new EndOfStreamError();
    return bytes.length;
  }
}
