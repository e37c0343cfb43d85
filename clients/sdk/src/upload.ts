/** What can be uploaded, and how far it is. */
export type UploadSource = {
  readonly name: string;
  readonly sizeBytes?: number;
  /** Starts reading from the beginning; called once per attempt. */
  readonly open: () => ReadableStream<Uint8Array>;
};

export type Progress = { readonly sentBytes: number; readonly totalBytes: number | null };

/** The same bytes, counted as they are taken. */
export function counted(
  stream: ReadableStream<Uint8Array>,
  totalBytes: number | null,
  onProgress: (progress: Progress) => void,
): ReadableStream<Uint8Array> {
  let sentBytes = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        sentBytes += chunk.length;
        onProgress({ sentBytes, totalBytes });
        controller.enqueue(chunk);
      },
    }),
  );
}
