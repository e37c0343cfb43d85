import { z } from "zod";
import { parseTraceparent } from "../core/trace-context.ts";

/**
 * `traceparent` beside what a message says. It explains and decides nothing, so a malformed one is passed over, and the
 * message is not refused for it.
 */
export const Traceparent = z
  .string()
  .max(64)
  .refine((text) => parseTraceparent(text) !== null)
  .optional()
  .catch(undefined);
