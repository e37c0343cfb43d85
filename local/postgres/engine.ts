/**
 * The database in this process. It has one backend, so everybody takes turns: a lease is the right to talk to it,
 * handed out first come, first served. Who holds a lease through a whole transaction is isolated from all others.
 */
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { vector } from "@electric-sql/pglite-pgvector";

export type Lease = {
  /** Sends frontend messages; answers the backend's. */
  send(messages: Buffer): Promise<Buffer>;
  /** Gives the turn to the next in line; a second call does nothing. */
  release(): void;
};

export type Engine = {
  lease(): Promise<Lease>;
  /** Waits for the running turn, then closes the files in order. */
  close(): Promise<void>;
};

/** Opens the database in `dataDir`, and makes it when there is none; null keeps it in memory. */
export async function openEngine(dataDir: string | null): Promise<Engine> {
  if (dataDir !== null && !existsSync(dataDir)) await makeDatabase(dataDir);
  const database = await openDatabase(dataDir);
  let tail: Promise<void> = Promise.resolve();

  const lease = async (): Promise<Lease> => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const turn = tail;
    tail = released;
    await turn;
    return {
      send: async (messages) => {
        const answer = await database.execProtocolRaw(messages, { syncToFs: false });
        return Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
      },
      release,
    };
  };

  return {
    lease,
    close: async () => {
      await lease();
      await database.close();
    },
  };
}

function openDatabase(dataDir: string | null): Promise<PGlite> {
  return PGlite.create({ ...(dataDir === null ? {} : { dataDir }), extensions: { vector, pg_trgm } });
}

/** Makes the files beside their place and moves them there when they are whole: who is killed meanwhile starts anew. */
async function makeDatabase(dataDir: string): Promise<void> {
  const unfinished = `${dataDir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const database = await openDatabase(unfinished);
  await database.close();
  await rename(unfinished, dataDir);
}
