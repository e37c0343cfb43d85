import type { ErrorCode } from "../../../../shared/errors/codes.ts";
import type { ResponseSpec } from "../../route.ts";

/** What every download takes and answers. */
export const BYTE_HEADERS = {
  Range: "One range of bytes, such as `bytes=0-1023`; several are answered with the whole",
  "If-Range": "Entity tag: the range counts only when it still holds",
  "If-None-Match": "Entity tag of an earlier answer",
  "If-Match": "Entity tag that has to hold",
};

const HEADERS = { ETag: "SHA-256 of the whole, in hex", "Content-Disposition": "The file's name" };

export const BYTE_RESPONSES: Readonly<Record<number, ResponseSpec>> = {
  200: { description: "All bytes", contentTypes: ["application/octet-stream"], headers: HEADERS },
  206: {
    description: "The bytes of the range",
    contentTypes: ["application/octet-stream"],
    headers: { ...HEADERS, "Content-Range": "Which bytes of how many" },
  },
  304: { description: "Nothing has changed" },
};

export const BYTE_PROBLEMS: readonly ErrorCode[] = ["range_not_satisfiable", "precondition_failed"];
