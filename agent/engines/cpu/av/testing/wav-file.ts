/** PCM as a WAVE file. For tests. */
import { writeFile } from "node:fs/promises";

/** Samples of one or more channels, 1 being full scale, as 16-bit PCM; `title` becomes the INAM tag. */
export async function writeWav(
  path: string,
  sampleRateHz: number,
  planes: readonly Float32Array[],
  title?: string,
): Promise<void> {
  const count = planes[0]?.length ?? 0;
  const data = Buffer.alloc(count * planes.length * 2);
  for (let i = 0; i < count; i += 1) {
    planes.forEach((plane, channel) => {
      data.writeInt16LE(Math.round((plane[i] ?? 0) * 32767), (i * planes.length + channel) * 2);
    });
  }
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(planes.length, 2);
  format.writeUInt32LE(sampleRateHz, 4);
  format.writeUInt32LE(sampleRateHz * planes.length * 2, 8);
  format.writeUInt16LE(planes.length * 2, 12);
  format.writeUInt16LE(16, 14);
  const chunks = [chunk("fmt ", format)];
  if (title !== undefined) {
    const text = Buffer.from(title.length % 2 === 0 ? `${title}\0\0` : `${title}\0`);
    chunks.push(chunk("LIST", Buffer.concat([Buffer.from("INFO"), chunk("INAM", text)])));
  }
  chunks.push(chunk("data", data));
  await writeFile(path, chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...chunks])));
}

function chunk(name: string, body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from(name), size, body]);
}

/** A sine of `hertz` at `dbfs`, `seconds` long, that begins at `phase` radians. */
export function sine(sampleRateHz: number, hertz: number, dbfs: number, seconds: number, phase = 0): Float32Array {
  const amplitude = 10 ** (dbfs / 20);
  return Float32Array.from(
    { length: Math.round(sampleRateHz * seconds) },
    (_, i) => amplitude * Math.sin(phase + (2 * Math.PI * hertz * i) / sampleRateHz),
  );
}
