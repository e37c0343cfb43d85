/**
 * Dead letters: every message that no consumer could act on is kept in its tenant's object before it leaves its queue.
 * A message that names no tenant is kept in an object of the platform's own, which no API key opens; the log tells
 * the operator what it said. Nothing waits for a dead letter: inspection ends `quarantined`, and for the other queues
 * the object's own outbox goes on trying.
 */
import { z } from "zod";
import { mediaAsset, tenantObject } from "../../durable-objects/addresses.ts";
import { TenantId } from "../../shared/contracts/asset.ts";
import type { FailedMessage, QueueName } from "../../shared/contracts/dead-letters.ts";
import type { Inspection } from "../../shared/contracts/media.ts";
import { InspectMessage } from "../../shared/contracts/queues.ts";
import { TRIES } from "./tries.ts";

/** No tenant has this name: theirs begin with `ten_`. */
export const PLATFORM = "platform";

/** What any of our messages says about whom it is for. */
const Addressed = z.looseObject({
  tenant: TenantId,
  assetId: z.string().max(64).optional(),
  jobId: z.string().max(64).optional(),
  userId: z.string().max(64).optional(),
});

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

/** Consumer of the dead-letter queues. */
export async function takeDeadLetter(queue: QueueName, message: Message, env: Env): Promise<void> {
  await keepDeadLetter(env, {
    queue,
    body: message.body,
    messageId: message.id,
    attempts: TRIES[queue],
    error: null,
  });
  const inspect = queue === "inspect" ? InspectMessage.safeParse(message.body) : null;
  if (inspect?.success === true) {
    await mediaAsset(env, inspect.data.tenant, inspect.data.assetId).recordInspection(
      UNINSPECTABLE,
      inspect.data.traceparent,
    );
  }
}

/** Throws when it could not be kept: the message then stays in its queue. */
export async function keepDeadLetter(env: Env, message: FailedMessage): Promise<void> {
  const addressed = Addressed.safeParse(message.body);
  const tenant = addressed.success ? addressed.data.tenant : PLATFORM;
  const { assetId, jobId, userId } = addressed.data ?? {};
  const entity = assetId ?? jobId ?? userId ?? null;
  await tenantObject(env, tenant).keepDeadLetter(message, entity);
  // eslint-disable-next-line no-console -- the platform's log is the console
  console.error(
    JSON.stringify({
      event: "dead_letter",
      queue: message.queue,
      tenant,
      entity,
      // Only the log can show what a message says that belongs to nobody.
      ...(addressed.success ? {} : { body: (JSON.stringify(message.body) ?? "").slice(0, 1_000) }),
    }),
  );
}

/** Before the last try fails: tells the dead letter to be what it failed with. Without it the letter has no error. */
export async function noteLastError(env: Env, queue: QueueName, body: unknown, error: string): Promise<void> {
  const addressed = Addressed.safeParse(body);
  await tenantObject(env, addressed.success ? addressed.data.tenant : PLATFORM).noteLastError(queue, body, error);
}
