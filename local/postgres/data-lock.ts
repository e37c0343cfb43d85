/**
 * One process per data directory. Two engines on the same files would destroy them, and a killed process cannot tidy
 * up: so a lock counts only while the process that wrote it lives and answers on the port it names.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LOOPBACK } from "./endpoint.ts";

const Lock = z.strictObject({ pid: z.int().min(1), port: z.int().min(1) });

/** Another process uses the data directory. */
export class DataLocked extends Error {
  override readonly name = "DataLocked";
}

/** Takes the lock beside the database's files. Throws `DataLocked`. */
export async function lockData(dataDir: string, port: number): Promise<{ release(): Promise<void> }> {
  const path = join(dataDir, "endpoint.lock");
  await mkdir(dataDir, { recursive: true });
  const holder = await readLock(path);
  if (holder !== null && holder.pid !== process.pid && isAlive(holder.pid) && (await answers(holder.port))) {
    throw new DataLocked(`process ${holder.pid} on port ${holder.port} uses ${dataDir}`);
  }
  await writeFile(path, JSON.stringify({ pid: process.pid, port }));
  return { release: () => rm(path, { force: true }) };
}

async function readLock(path: string): Promise<z.infer<typeof Lock> | null> {
  try {
    const lock = Lock.safeParse(JSON.parse(await readFile(path, "utf8")));
    return lock.success ? lock.data : null;
  } catch {
    // Absent or half written: either way nobody holds it.
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is there but belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    await fetch(`http://${LOOPBACK}:${port}/health`, { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    // Nobody listens there: the pid has been given to another program.
    return false;
  }
}
