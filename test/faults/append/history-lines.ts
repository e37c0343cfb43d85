/**
 * What a run writes down, one JSON value a line: the file is the interface between the load and the checkers.
 *
 * A writer appends the values 1, 2, 3 … to one journal, in this order and each under `invoke` before it is sent. `ok`
 * says that the system has acknowledged it, `info` that its fate is unknown and it is not sent again; a value with
 * neither was still under way at the end.
 */
import { z } from "zod";

const count = z.int().min(1);

export const HistoryLine = z.discriminatedUnion("op", [
  z.strictObject({ op: z.enum(["invoke", "ok", "info"]), writer: z.string(), value: count }),
  /** A reader was shown this event of the writer's journal. */
  z.strictObject({ op: z.literal("read"), writer: z.string(), seq: count, hash: z.string() }),
  /** Something was killed, or held still for a while. */
  z.strictObject({ op: z.enum(["kill", "pause"]), target: z.string(), atMs: z.int() }),
]);
export type HistoryLine = z.infer<typeof HistoryLine>;

/** One event as the system shows it in the end; members beyond these belong to its hash too. */
export const JournalLine = z.strictObject({
  writer: z.string(),
  event: z.looseObject({
    seq: count,
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
    prevHash: z.string(),
    hash: z.string(),
  }),
});
export type JournalLine = z.infer<typeof JournalLine>;

export function parseLines<T>(schema: z.ZodType<T>, text: string): T[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => schema.parse(JSON.parse(line)));
}
