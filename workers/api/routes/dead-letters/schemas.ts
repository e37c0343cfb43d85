import { z } from "zod";
import { DeadLetter, DeadLetterId, QueueName } from "../../../../shared/contracts/dead-letters.ts";
import { documentation } from "../../schemas.ts";

// On the wire the message is any JSON value.
export const DeadLetterBody = documentation.openAPIRegistry.register(
  "DeadLetter",
  DeadLetter.extend({ body: z.unknown() }),
);

export const DeadLetterParams = z.strictObject({ deadLetterId: DeadLetterId });

export const Queue = QueueName.describe("The queue whose consumer gave up");

/** Only for the description. */
export const EXAMPLE = {
  id: "dlt_6f1c0d2b9a8e4735c1d0e9f8a7b6c5d4",
  queue: "index",
  entity: "ast_01M85NKE4DP0RP9DAQ2HN40J9C",
  body: { tenant: "ten_01M85NKE", assetId: "ast_01M85NKE4DP0RP9DAQ2HN40J9C", seq: 7 },
  status: "open",
  attempts: 5,
  lastError: "The index does not answer.",
  firstFailedAt: "2026-11-25T09:00:00.000Z",
  lastFailedAt: "2026-11-25T09:00:00.000Z",
} as const;
