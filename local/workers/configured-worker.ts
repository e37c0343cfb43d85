import { dirname } from "node:path";
import type { convertV4MiniflareOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { ROOT } from "../build.ts";

type V4Options = Parameters<typeof convertV4MiniflareOptions>[0];
type V4Worker = Extract<V4Options, { workers: unknown }>["workers"][number];

/** The built Worker at `entry` under the configuration that a deployment uses, with the local values over its variables. */
export function configuredWorker(
  config: string,
  name: string,
  entry: string,
  bindings: Readonly<Record<string, string>>,
): V4Worker {
  const { workerOptions } = unstable_getMiniflareWorkerOptions(`${ROOT}/${config}`);
  const { bindings: configured, ...rest } = workerOptions as { bindings?: Record<string, unknown> };
  // SAFETY: the tool makes these options for this version of Miniflare; its types leave out what names the module.
  return {
    ...rest,
    name,
    modulesRoot: dirname(entry),
    modules: [{ type: "ESModule", path: entry }],
    bindings: { ...configured, ...bindings },
  } as unknown as V4Worker;
}
