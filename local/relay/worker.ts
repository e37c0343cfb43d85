/**
 * Stands between the queue `inspect` and the inspector in local mode, because the inspector lives in a workerd of
 * its own that may be killed while it parses hostile bytes. A probe that does not come back is retried; when the
 * tries are used up, the dead-letter consumer of the main Worker ends the asset `quarantined`.
 */
import type { MediaAssetStub } from "../../durable-objects/addresses.ts";
import { Inspection } from "../../shared/contracts/media.ts";
import { InspectMessage } from "../../shared/contracts/queues.ts";
import { parseSigningKeys, signToken } from "../../shared/tokens/signed-token.ts";

type RelayEnv = {
  readonly INSPECTOR_URL: string;
  readonly PUBLIC_ORIGIN: string;
  readonly SIGNING_KEYS: string;
  readonly MEDIA_ASSET: DurableObjectNamespace;
};

/** Longer than the inspector's watchdog needs to notice a hang and start afresh. */
const PROBE_TIMEOUT_MS = 15_000;
const URL_TTL_SECONDS = 300;

export default {
  async queue(batch: MessageBatch, env: RelayEnv): Promise<void> {
    for (const message of batch.messages) {
      const { tenant, assetId, key, name, sizeBytes, traceparent } = InspectMessage.parse(message.body);
      const exp = Math.ceil(Date.now() / 1000) + URL_TTL_SECONDS;
      const claims = { use: "read", key, exp };
      const url = `${env.PUBLIC_ORIGIN}/blobs/${await signToken(parseSigningKeys(env.SIGNING_KEYS), claims)}`;
      const reply = await fetch(`${env.INSPECTOR_URL}/probe`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ url, name, sizeBytes }),
        signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
      });
      if (!reply.ok) throw new Error(`The inspector answered ${reply.status}`);
      const inspection = Inspection.parse(await reply.json());
      // SAFETY: the namespace is bound to the class MediaAsset of the main Worker.
      const asset = env.MEDIA_ASSET.get(
        env.MEDIA_ASSET.idFromName(`${tenant}/${assetId}`),
      ) as unknown as MediaAssetStub;
      await asset.recordInspection(inspection, traceparent);
      message.ack();
    }
  },
} satisfies ExportedHandler<RelayEnv>;
