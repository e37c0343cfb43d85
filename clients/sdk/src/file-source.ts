import type { UploadSource } from "./upload.ts";

/** A file of this machine (Node only), read as it is sent. Throws Node's own error when it is missing or no file. */
export async function fileSource(path: string): Promise<UploadSource> {
  const [{ createReadStream }, { stat }, paths, { Readable }] = await Promise.all([
    import("node:fs"),
    import("node:fs/promises"),
    import("node:path"),
    import("node:stream"),
  ]);
  const { size } = await stat(path);
  return {
    name: paths.basename(path),
    sizeBytes: size,
    // SAFETY: a file read without an encoding gives bytes; the two platforms name the same stream differently.
    open: () =>
      Readable.toWeb(createReadStream(path, { highWaterMark: 256 * 1024 })) as unknown as ReadableStream<Uint8Array>,
  };
}
