/**
 * Consumers of the dead-letter queues. A message that nobody could act on must not leave its asset or job waiting
 * for ever: inspection ends `quarantined`; for the others the object's own outbox goes on trying.
 */
import { mediaAsset } from "../../durable-objects/addresses.ts";
import type { Inspection } from "../../shared/contracts/media.ts";
import { InspectMessage } from "../../shared/contracts/queues.ts";

const UNINSPECTABLE: Inspection = {
  verdict: "quarantined",
  reason: { code: "inspection_failed", detail: "The content could not be inspected: every try hung or broke off." },
  mediaType: null,
  contentType: "application/octet-stream",
  metadata: {},
  errors: [],
  bytesRead: 0,
  rangeReads: 0,
};

export async function quarantineUninspectable(body: unknown, env: Env): Promise<void> {
  const { tenant, assetId } = InspectMessage.parse(body);
  await mediaAsset(env, tenant, assetId).recordInspection(UNINSPECTABLE);
}

/** One JSON line for the operator. */
export function reportDeadLetter(queue: string, body: unknown): void {
  // eslint-disable-next-line no-console -- the platform's log is the console
  console.error(JSON.stringify({ event: "dead_letter", queue, body }));
}
