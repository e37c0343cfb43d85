/**
 * Consumer of the queue `inspect`, in a Worker of its own: a parser that loops on hostile bytes takes neither an actor
 * nor the API with it. Recording is idempotent, so a message that arrives twice does no harm.
 */
import { type Backoff, backoffMs } from "../../shared/core/backoff.ts";
import type { MediaAssetRpc } from "../../shared/contracts/objects.ts";
import { InspectMessage } from "../../shared/contracts/queues.ts";
import { traceIdOf } from "../../shared/core/trace-context.ts";
import { inspect } from "../../shared/inspection/inspect.ts";
import { type RangeBucket, r2Source } from "./r2-source.ts";

type AssetStub = Pick<MediaAssetRpc, "recordInspection">;

/** The bindings of wrangler.toml. */
export type InspectorEnv = {
  readonly MEDIA: RangeBucket;
  readonly MEDIA_ASSET: { idFromName(name: string): DurableObjectId; get(id: DurableObjectId): unknown };
};

/** Storage and objects recover within a minute, or the dead-letter queue takes over. */
const RETRY: Backoff = { initialIntervalMs: 5000, backoffCoefficient: 3, maximumIntervalMs: 60_000 };

/** Seconds to wait after failed try number `attempt`. */
export function retryDelaySeconds(attempt: number, jitter: number): number {
  return Math.ceil(backoffMs(RETRY, attempt, jitter) / 1000);
}

/** Inspects the object that one message names and tells its asset. Throws on faults of storage or of the object. */
export async function inspectStored(body: unknown, env: InspectorEnv): Promise<void> {
  const { tenant, assetId, key, name, sizeBytes, traceparent = null } = InspectMessage.parse(body);
  const inspection = await inspect(r2Source(env.MEDIA, key, sizeBytes), { name });
  // SAFETY: the namespace is bound to the class MediaAsset of the main Worker (wrangler.toml).
  const asset = env.MEDIA_ASSET.get(env.MEDIA_ASSET.idFromName(`${tenant}/${assetId}`)) as AssetStub;
  const recorded = await asset.recordInspection(inspection, traceparent);
  const traceId = traceIdOf(traceparent);
  if (recorded.ok) log("asset_inspected", { assetId, verdict: inspection.verdict, traceId });
  else log("inspection_refused", { assetId, code: recorded.error.code, traceId });
}

function log(event: string, fields: Readonly<Record<string, string | number | null>>): void {
  // eslint-disable-next-line no-console -- the platform's log is the console
  console.warn(JSON.stringify({ event, ...fields }));
}

export default {
  async queue(batch, env): Promise<void> {
    for (const message of batch.messages) {
      try {
        await inspectStored(message.body, env);
        message.ack();
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        log("inspection_failed", { attempts: message.attempts, error: detail });
        message.retry({ delaySeconds: retryDelaySeconds(message.attempts, Math.random()) });
      }
    }
  },
} satisfies ExportedHandler<InspectorEnv>;
