/**
 * Sizes that the platform refuses in production and local workerd lets pass, so that the code refuses them itself
 * (Durable Objects limits: 2 MB a row, value or string; Queues limits: 128 KB a message). What is larger goes to R2
 * first and is kept here by reference.
 */
export const MAX_ROW_BYTES = 2_000_000;
export const MAX_MESSAGE_BYTES = 128_000;

/** Of a row's 2 MB, what the columns beside its one large text may take. */
const OTHER_COLUMNS_BYTES = 4_096;

const encoder = new TextEncoder();

/** Throws when the text does not fit into a row. A UTF-16 unit has at most three bytes: most texts need no counting. */
export function assertFitsRow(text: string, what: string): void {
  assertAtMost(text, MAX_ROW_BYTES - OTHER_COLUMNS_BYTES, what);
}

/** Throws when the text does not fit into a queue message. */
export function assertFitsMessage(text: string, what: string): void {
  assertAtMost(text, MAX_MESSAGE_BYTES, what);
}

function assertAtMost(text: string, maximumBytes: number, what: string): void {
  if (text.length * 3 <= maximumBytes) return;
  const { length } = encoder.encode(text);
  if (length > maximumBytes) throw new RangeError(`${what} has ${length} bytes, at most ${maximumBytes} can be kept`);
}
