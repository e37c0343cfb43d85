/** Consumer of `inspect` in a simulation: what an asset's content is was settled when it was made. */
import { mediaAsset } from "../../../durable-objects/addresses.ts";
import type { Inspection } from "../../../shared/contracts/media.ts";
import { InspectMessage } from "../../../shared/contracts/queues.ts";

const ACCEPTED: Inspection = {
  verdict: "accepted",
  reason: null,
  mediaType: "image",
  contentType: "image/png",
  metadata: {},
  errors: [],
  bytesRead: 10,
  rangeReads: 1,
};

const REJECTED: Inspection = {
  ...ACCEPTED,
  verdict: "rejected",
  reason: { code: "unsupported_content", detail: "It is no media." },
  mediaType: null,
};

/** Names that begin so are no media. */
export const NO_MEDIA = "no-media";

export async function inspect(batch: MessageBatch, env: Env): Promise<void> {
  for (const message of batch.messages) {
    try {
      const { tenant, assetId, key, name } = InspectMessage.parse(message.body);
      if ((await env.MEDIA.head(key)) === null) throw new Error("simulated: the content is not there");
      await mediaAsset(env, tenant, assetId).recordInspection(name.startsWith(NO_MEDIA) ? REJECTED : ACCEPTED);
      message.ack();
    } catch {
      message.retry({ delaySeconds: 5 * 3 ** (message.attempts - 1) });
    }
  }
}
