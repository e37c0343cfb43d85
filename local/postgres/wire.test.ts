import { describe, expect, test } from "vitest";
import {
  errorResponse,
  extendedQuery,
  frame,
  readDataRow,
  readError,
  readRowDescription,
  readyStatus,
  splitMessages,
} from "./wire.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("the wire protocol", () => {
  test("frames a message with its length, which counts itself", () => {
    expect(frame("S")).toEqual(bytes("53 00000004"));
    expect(frame("Z", Buffer.from("I"))).toEqual(bytes("5a 00000005 49"));
  });

  test("splits complete messages and keeps the beginning of the next", () => {
    const { messages, rest } = splitMessages(bytes("53 00000004 5a 00000005 49 44 000000"));
    expect(messages.map(({ type, body }) => [type, body.toString("latin1")])).toEqual([
      ["S", ""],
      ["Z", "I"],
    ]);
    expect(rest).toEqual(bytes("44 000000"));
  });

  test("writes a query with its parameters as the protocol lays it out", () => {
    expect(extendedQuery("x", ["é", null])).toEqual(
      Buffer.concat([
        bytes("50 00000009 00 78 00 0000"),
        bytes("42 00000016 00 00 0000 0002 00000002 c3a9 ffffffff 0000"),
        bytes("44 00000006 50 00"),
        bytes("45 00000009 00 00000000"),
        bytes("53 00000004"),
      ]),
    );
  });

  test("reads columns and rows", () => {
    expect(readRowDescription(bytes("0001 6e00 00000000 0000 00000017 0004 ffffffff 0000"))).toEqual([
      { name: "n", tableID: 0, columnID: 0, dataTypeID: 23, dataTypeSize: 4, dataTypeModifier: -1, format: "text" },
    ]);
    expect(readDataRow(bytes("0003 00000002 3432 ffffffff 00000000"))).toEqual(["42", null, ""]);
  });

  test("reads the fields of an error", () => {
    const [message] = splitMessages(errorResponse("FATAL", "28P01", "no")).messages;
    expect([...readError(message!.body)]).toEqual([
      ["S", "FATAL"],
      ["V", "FATAL"],
      ["C", "28P01"],
      ["M", "no"],
    ]);
  });

  test("reads the transaction status at the end of an answer", () => {
    expect(readyStatus(bytes("43 00000006 4100 5a 00000005 54"))).toBe("T");
    expect(readyStatus(bytes("43 00000006 4100"))).toBeNull();
    expect(readyStatus(Buffer.alloc(0))).toBeNull();
  });
});
