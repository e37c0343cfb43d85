import type { ErrorCode } from "./codes.ts";

/** A refusal as it travels from an object to the edge: a value, never a thrown error. */
export type Refusal = {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly pointer?: string;
  /** Members of the problem beside those that every one has. */
  readonly members?: Readonly<Record<string, string>>;
};
