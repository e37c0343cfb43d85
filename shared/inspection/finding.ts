/** What a parser hands back, before it is cleaned into the contract. */
import { type InspectionError, type MediaType, Metadata, type Reason } from "../contracts/media.ts";

type Loose<T> = { [K in keyof T]?: T[K] | null | undefined };

/** Metadata as parsers find it: gaps may be `null` or `undefined`, numbers may be out of range. */
export type MetadataDraft = Loose<{
  [K in keyof Metadata]: NonNullable<Metadata[K]> extends infer V ? (V extends number ? number : V) : never;
}>;

/** What one parser found; without `refusal` the file is accepted. */
export type Finding = {
  readonly metadata: MetadataDraft;
  readonly errors?: readonly InspectionError[];
  /** Replace what sniffing decided, when the structure tells more than the first bytes. */
  readonly mediaType?: MediaType;
  readonly contentType?: string;
  /** Anything but `accepted`. */
  readonly refusal?: { readonly verdict: "rejected" | "quarantined"; readonly reason: Reason };
};

/** Nothing can be analysed: the asset ends `failed` with this reason. */
export function rejected(code: string, detail: string, metadata: MetadataDraft = {}): Finding {
  return { metadata, refusal: { verdict: "rejected", reason: { code, detail } } };
}

/** The content is hostile: the asset ends `quarantined` with this reason. */
export function quarantined(code: string, detail: string): Finding {
  return { metadata: {}, refusal: { verdict: "quarantined", reason: { code, detail } } };
}

const MAX_TEXT = 4096;

/**
 * The draft without its gaps: values that break the contract (an orientation of 9, a NaN, an empty title) are left
 * out, over-long text is cut to 4096 characters.
 */
export function cleanMetadata(draft: MetadataDraft): Metadata {
  const entries: [string, unknown][] = [];
  const shape: Record<string, { safeParse(value: unknown): { success: boolean } }> = Metadata.shape;
  for (const [key, found] of Object.entries(draft)) {
    const value = typeof found === "string" ? cleanText(found) : found;
    if (value === null || value === undefined || value === "") continue;
    if (shape[key]?.safeParse(value).success === true) entries.push([key, value]);
  }
  return Metadata.parse(Object.fromEntries(entries));
}

function cleanText(value: string): string {
  const end = value.indexOf("\0");
  const trimmed = (end === -1 ? value : value.slice(0, end)).trim().slice(0, MAX_TEXT);
  return trimmed.toWellFormed();
}
