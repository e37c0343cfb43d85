/**
 * What a stored file is and what its headers say: one pass of range reads, the same at the edge, in tests and locally.
 *
 * I1  The type comes from the content alone; the name is only reported.
 * I2  No content makes it throw. Only a failing source does (`RangeSourceError`): that is worth a repeat.
 * I3  What is read is bounded by the reader's budget. A parser that loops without reading is not: whoever runs this on
 *     hostile files runs it in a process that can be killed.
 */
import { type Inspection, type InspectionError } from "../contracts/media.ts";
import { inspectAmr } from "./av/amr.ts";
import { inspectAsf } from "./av/asf.ts";
import { inspectAvi } from "./av/avi.ts";
import { inspectFlv } from "./av/flv.ts";
import { inspectIsobmff } from "./av/isobmff.ts";
import { inspectMatroska } from "./av/matroska.ts";
import { inspectMpegPs } from "./av/mpeg-ps.ts";
import { inspectMpegTs } from "./av/mpeg-ts.ts";
import { inspectOgg } from "./av/ogg.ts";
import { inspectTaggedAudio } from "./av/tagged-audio.ts";
import { inspectWav } from "./av/wav.ts";
import { TruncatedError } from "./byte-view.ts";
import { inspectCompoundFile } from "./document/compound-file.ts";
import { inspectZip } from "./document/office.ts";
import { inspectPdf } from "./document/pdf.ts";
import { cleanMetadata, type Finding, rejected } from "./finding.ts";
import type { Family, Format } from "./format.ts";
import { inspectBmp } from "./image/bmp.ts";
import { inspectGif } from "./image/gif.ts";
import { inspectHeif } from "./image/heif.ts";
import { inspectJpeg } from "./image/jpeg.ts";
import { inspectPng } from "./image/png.ts";
import { inspectTiff } from "./image/tiff.ts";
import { inspectWebp } from "./image/webp.ts";
import { DEFAULT_BUDGET, type InspectionBudget, InspectionBudgetError, RangeReader } from "./range-reader.ts";
import type { RangeSource } from "./range-source.ts";
import { sniff } from "./sniff.ts";

type Parser = (reader: RangeReader, format: Format) => Promise<Finding>;

const PARSERS: Readonly<Record<Family, Parser>> = {
  jpeg: inspectJpeg,
  png: inspectPng,
  gif: inspectGif,
  webp: inspectWebp,
  heif: inspectHeif,
  tiff: inspectTiff,
  bmp: inspectBmp,
  isobmff: inspectIsobmff,
  matroska: inspectMatroska,
  "mpeg-ts": inspectMpegTs,
  avi: inspectAvi,
  flv: inspectFlv,
  asf: inspectAsf,
  ogg: inspectOgg,
  "tagged-audio": inspectTaggedAudio,
  wav: inspectWav,
  amr: inspectAmr,
  "mpeg-ps": inspectMpegPs,
  opaque: async () => ({ metadata: {} }),
  pdf: inspectPdf,
  zip: inspectZip,
  "compound-file": inspectCompoundFile,
};

const MAX_ERRORS = 32;

type InspectOptions = {
  /** The file's name as the client gave it; used in explanations only. */
  readonly name: string;
  readonly budget?: InspectionBudget;
};

/** Inspects one file. Throws `RangeSourceError` when the source fails, and nothing else. */
export async function inspect(source: RangeSource, options: InspectOptions): Promise<Inspection> {
  const reader = new RangeReader(source, options.budget ?? DEFAULT_BUDGET);
  if (reader.sizeBytes === 0)
    return conclude(reader, null, rejected("empty_file", `${shown(options.name)} has no content`));
  let format: Format | null = null;
  let finding: Finding;
  try {
    const sniffed = await sniff(reader);
    if ("unsupported" in sniffed) {
      finding = {
        ...rejected("unsupported_content", `${shown(options.name)}: ${sniffed.unsupported}`),
        contentType: sniffed.contentType,
      };
    } else {
      format = sniffed.format;
      finding = await PARSERS[format.family](reader, format);
    }
  } catch (error) {
    finding = findingOf(error, format);
  }
  if (reader.fault !== null) throw reader.fault;
  return conclude(reader, format, finding);
}

function findingOf(error: unknown, format: Format | null): Finding {
  if (error instanceof InspectionBudgetError) {
    return {
      metadata: {},
      errors: [{ code: "budget_exceeded", detail: `${error.message}; the agent reads the rest` }],
    };
  }
  // A picture is small and its header is all there is to it; films and sounds have other ways to be read.
  if (error instanceof TruncatedError && format?.mediaType === "image") return rejected("truncated", error.message);
  return {
    metadata: {},
    errors: [{ code: "parse_failed", detail: `the ${format?.family ?? "file"} headers could not be read` }],
  };
}

function conclude(reader: RangeReader, format: Format | null, finding: Finding): Inspection {
  const errors: InspectionError[] = (finding.errors ?? []).slice(0, MAX_ERRORS);
  const isRefused = finding.refusal !== undefined || format === null;
  const unknown = { code: "unsupported_content", detail: "the content could not be recognised" };
  return {
    verdict: finding.refusal?.verdict ?? (isRefused ? "rejected" : "accepted"),
    reason: finding.refusal?.reason ?? (isRefused ? unknown : null),
    mediaType: finding.mediaType ?? format?.mediaType ?? null,
    contentType: finding.contentType ?? format?.contentType ?? "application/octet-stream",
    metadata: cleanMetadata(finding.metadata),
    errors,
    bytesRead: reader.bytesRead,
    rangeReads: reader.rangeReads,
  };
}

function shown(name: string): string {
  return name === "" ? "the file" : name.slice(0, 200);
}
