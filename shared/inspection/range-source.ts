/** A file that answers ranges. The only thing inspection knows of where the bytes are. */
export interface RangeSource {
  readonly sizeBytes: number;
  /** Exactly the bytes asked for; `offset + length` never passes `sizeBytes`. A failure is a fault of the source. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** The source failed to deliver bytes it has. Not a property of the content: the inspection may be repeated. */
export class RangeSourceError extends Error {
  override readonly name = "RangeSourceError";
}
