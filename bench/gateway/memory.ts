/** What the caches of an isolate take at their bound, as the runtime itself counts its heap, garbage collected. */
import { MAX_HELD } from "../../workers/access/lease-cache.ts";
import { Connection } from "../connection.ts";
import { expectStatus } from "../job-client.ts";
import { Workerd, type WorkerdSpec } from "../workerd.ts";
import { Heap } from "./heap.ts";
import { type Cache, CACHES, FILL_PATH } from "./paths.ts";

export type CacheSize = { readonly cache: Cache; readonly entries: number; readonly bytesPerEntry: number };

/** Entries of a first turn, in which code is compiled and tables are made that later ones share. They stay. */
const FIRST = 100;

export function measureCaches(spec: WorkerdSpec): Promise<readonly CacheSize[]> {
  return Workerd.during({ ...spec, inspected: true }, async (server) => {
    const connection = await Connection.open(server.port);
    const heap = await Heap.open(server.inspectorPort);
    const fill = async (cache: Cache, entries: number): Promise<void> => {
      const path = `${FILL_PATH}?cache=${encodeURIComponent(cache)}&entries=${entries}`;
      expectStatus(await connection.send("POST", path, ""), 200, path);
    };
    const sizes: CacheSize[] = [];
    for (const cache of CACHES) {
      await fill(cache, FIRST);
      const before = await heap.usedBytes();
      await fill(cache, MAX_HELD);
      sizes.push({
        cache,
        entries: MAX_HELD,
        bytesPerEntry: ((await heap.usedBytes()) - before) / (MAX_HELD - FIRST),
      });
    }
    heap.close();
    connection.close();
    return sizes;
  });
}
