/**
 * Uploads one large file (`npm run bench:upload -- --gib 2`) and prints whether its SHA-256 is right, how fast it went
 * beside a plain copy of the same bytes into a file, and the highest memory of every process of the system.
 *
 * The memory of workerd includes what the simulator of the bucket holds; what the Worker itself keeps in flight is
 * counted by `workers/api/routes/assets/upload-content`'s tests.
 */
import { createHash, randomFillSync } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { startLocalStack } from "../test/support/local-stack.ts";
import { residentBytes } from "../test/support/processes.ts";

const { values } = parseArgs({ options: { gib: { type: "string", default: "2" } } });
const sizeBytes = Math.round(Number(values.gib) * 1024 ** 3);
const CHUNK_BYTES = 256 * 1024;

/** Bytes that look like no known format and do not compress, the same at every call. */
function* content(): Generator<Uint8Array> {
  const noise = randomFillSync(Buffer.alloc(CHUNK_BYTES));
  noise.fill(0, 0, 64);
  for (let sent = 0; sent < sizeBytes; sent += CHUNK_BYTES) {
    noise.writeUInt32LE(sent / CHUNK_BYTES, 8);
    yield Uint8Array.from(noise.subarray(0, Math.min(CHUNK_BYTES, sizeBytes - sent)));
  }
}

const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

const stack = await startLocalStack();
try {
  const processes = [
    { name: "launcher", pid: stack.launcherPid },
    { name: "Workers (workerd)", pid: stack.workerdPid() },
    { name: "Workers (Miniflare: bucket, queues)", pid: stack.find("local/workers/process.ts").pid },
    { name: "inspector", pid: stack.find("local/inspector/process.ts").pid },
    { name: "agent", pid: stack.find("agent/main.ts").pid },
    { name: "Postgres", pid: stack.find("local/postgres/process.ts").pid },
  ];
  const idle = processes.map(({ pid }) => residentBytes(pid));
  const hash = createHash("sha256");
  const hashed = function* (): Generator<Uint8Array> {
    for (const chunk of content()) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const copyStartedAt = performance.now();
  await pipeline(Readable.from(content()), createWriteStream(join(stack.dataDir, "copy.bin")));
  const copySeconds = (performance.now() - copyStartedAt) / 1000;
  await rm(join(stack.dataDir, "copy.bin"));

  const startedAt = performance.now();
  const asset = await stack.client.assets.upload({
    name: "large.bin",
    sizeBytes,
    open: () => Readable.toWeb(Readable.from(hashed())) as ReadableStream<Uint8Array>,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const right = asset.sha256 === hash.digest("hex") && asset.sizeBytes === sizeBytes;
  const ended = await stack.client.assets.waitUntilFinished(asset.id);
  console.log(
    `${mib(sizeBytes)} in ${seconds.toFixed(1)} s, ${(seconds / copySeconds).toFixed(1)} × a plain copy of the same bytes`,
  );
  console.log(
    `SHA-256 and size ${right ? "right" : "WRONG"}; the asset ended ${ended.status} (${ended.reason?.code ?? "no reason"})`,
  );
  processes.forEach(({ name, pid }, index) => {
    console.log(`${name}: ${mib(idle[index] ?? 0)} before, ${mib(residentBytes(pid, "VmHWM"))} at most`);
  });
  process.exitCode = right ? 0 : 1;
} finally {
  await stack.stop();
}
