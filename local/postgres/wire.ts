/**
 * The PostgreSQL wire protocol, version 3: framing, the frontend messages that a query needs, and reading what the
 * backend answers. No sockets and no state. Layout: PostgreSQL documentation, "Message Formats".
 */

/** One message without its length word: `type` is the letter of the protocol. */
export type WireMessage = { readonly type: string; readonly body: Buffer };

/** What follows a frontend's first bytes, which have a length and a code but no type letter. */
export const STARTUP_CODE = 196_608;
export const SSL_REQUEST_CODE = 80_877_103;
export const GSS_REQUEST_CODE = 80_877_104;
export const CANCEL_REQUEST_CODE = 80_877_102;

/** Frames one message. */
export function frame(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Zero-terminated text. */
export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`, "utf8");
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

export function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

/** The text up to the next zero byte, and the offset after it. */
export function readCstring(buffer: Buffer, offset: number): { readonly text: string; readonly next: number } {
  const end = buffer.indexOf(0, offset);
  const stop = end === -1 ? buffer.length : end;
  return { text: buffer.toString("utf8", offset, stop), next: stop + 1 };
}

/** Splits a run of complete messages; `rest` is the beginning of one that has not arrived as a whole. */
export function splitMessages(bytes: Buffer): { readonly messages: WireMessage[]; readonly rest: Buffer } {
  const messages: WireMessage[] = [];
  let offset = 0;
  while (bytes.length - offset >= 5) {
    const length = bytes.readUInt32BE(offset + 1);
    if (bytes.length - offset < length + 1) break;
    messages.push({
      type: bytes.toString("latin1", offset, offset + 1),
      body: bytes.subarray(offset + 5, offset + 1 + length),
    });
    offset += length + 1;
  }
  return { messages, rest: bytes.subarray(offset) };
}

/**
 * The transaction status that ends an answer: `I` outside a transaction, `T` inside, `E` inside a failed one; null
 * when the backend has not ended the cycle. ReadyForQuery is always the last message of a cycle.
 */
export function readyStatus(answer: Buffer): "I" | "T" | "E" | null {
  const last = answer.subarray(-6).toString("latin1");
  const status = last.startsWith("Z\0\0\0\u0005") ? last.charAt(5) : "";
  return status === "I" || status === "T" || status === "E" ? status : null;
}

/** One statement with text parameters as Parse, Bind, Describe, Execute and Sync in one buffer. */
export function extendedQuery(query: string, params: readonly (string | null)[]): Buffer {
  const values = params.flatMap((value) => {
    if (value === null) return [int32(-1)];
    const bytes = Buffer.from(value, "utf8");
    return [int32(bytes.length), bytes];
  });
  return Buffer.concat([
    frame("P", cstring(""), cstring(query), int16(0)),
    // No parameter formats and no result formats: everything is text.
    frame("B", cstring(""), cstring(""), int16(0), int16(params.length), ...values, int16(0)),
    frame("D", Buffer.from("P"), cstring("")),
    frame("E", cstring(""), int32(0)),
    frame("S"),
  ]);
}

/** A statement without parameters as a simple query. */
export function simpleQuery(query: string): Buffer {
  return frame("Q", cstring(query));
}

/** An ErrorResponse with the fields that every error has. */
export function errorResponse(severity: "ERROR" | "FATAL", code: string, message: string): Buffer {
  const field = (letter: string, text: string): Buffer => Buffer.concat([Buffer.from(letter), cstring(text)]);
  return frame("E", field("S", severity), field("V", severity), field("C", code), field("M", message), Buffer.alloc(1));
}

/** The fields of an ErrorResponse by their letters. */
export function readError(body: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  let offset = 0;
  while (offset < body.length && body[offset] !== 0) {
    const { text, next } = readCstring(body, offset + 1);
    fields.set(body.toString("latin1", offset, offset + 1), text);
    offset = next;
  }
  return fields;
}

/** One column as Neon's HTTP protocol names its properties. */
export type Field = {
  readonly name: string;
  readonly dataTypeID: number;
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeSize: number;
  readonly dataTypeModifier: number;
  readonly format: "text";
};

export function readRowDescription(body: Buffer): Field[] {
  const fields: Field[] = [];
  let offset = 2;
  for (let i = 0; i < body.readInt16BE(0); i += 1) {
    const { text, next } = readCstring(body, offset);
    fields.push({
      name: text,
      tableID: body.readUInt32BE(next),
      columnID: body.readInt16BE(next + 4),
      dataTypeID: body.readUInt32BE(next + 6),
      dataTypeSize: body.readInt16BE(next + 10),
      dataTypeModifier: body.readInt32BE(next + 12),
      format: "text",
    });
    offset = next + 18;
  }
  return fields;
}

export function readDataRow(body: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let offset = 2;
  for (let i = 0; i < body.readInt16BE(0); i += 1) {
    const length = body.readInt32BE(offset);
    offset += 4;
    values.push(length === -1 ? null : body.toString("utf8", offset, offset + length));
    offset += Math.max(length, 0);
  }
  return values;
}
