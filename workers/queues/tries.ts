/** How often a message of each queue is tried before it is a dead letter: `max_retries` of wrangler.toml plus one. */
import type { QueueName } from "../../shared/contracts/dead-letters.ts";

export const TRIES: Readonly<Record<QueueName, number>> = { inspect: 4, place: 5, index: 5 };
