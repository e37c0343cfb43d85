import { createHash } from "node:crypto";
import type { JournalEvent } from "../client.ts";
import { canonical } from "./canonical.ts";

/** `prevHash` of the first entry, and the head of a journal without entries. */
export const GENESIS_HASH = "0".repeat(64);

const HASH = /^[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isNumber = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
export const isHash = (value: unknown): value is string => typeof value === "string" && HASH.test(value);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const MEMBERS: Readonly<Record<keyof JournalEvent, (value: unknown) => boolean>> = {
  at: (value) => isText(value) && INSTANT.test(value),
  data: isObject,
  hash: isHash,
  id: isText,
  prevHash: isHash,
  seq: isNumber,
  type: isText,
  version: isNumber,
};
const NAMES = Object.entries(MEMBERS);

/** What keeps a value from being an entry, or null when nothing does. An entry has its eight members and no other. */
export function notAnEntry(value: unknown): string | null {
  if (!isObject(value)) return "this is not an object";
  for (const [name, fits] of NAMES) {
    if (!Object.hasOwn(value, name)) return `the member ${name} is missing`;
    if (!fits(value[name])) return `the member ${name} is not what an entry has there`;
  }
  if (Object.keys(value).length === NAMES.length) return null;
  const extra = Object.keys(value).find((name) => !Object.hasOwn(MEMBERS, name));
  return `the member ${JSON.stringify(extra)} does not belong to an entry`;
}

/** An entry's canonical text and the hash that its content has, whatever `hash` says. */
export function sealed(entry: JournalEvent): { readonly text: string; readonly hash: string } {
  const { at, data, hash, id, prevHash, seq, type, version } = entry;
  // The members in their canonical order, so that the entry with and without `hash` share their text.
  const before = `{"at":${JSON.stringify(at)},"data":${canonical(data)}`;
  const after = `,"id":${JSON.stringify(id)},"prevHash":"${prevHash}","seq":${seq},"type":${JSON.stringify(type)},"version":${version}}`;
  return {
    text: `${before},"hash":"${hash}"${after}`,
    hash: createHash("sha256")
      .update(before + after)
      .digest("hex"),
  };
}
