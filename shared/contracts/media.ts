import { z } from "zod";

/** What a file is, decided from its bytes and never from the client's word. */
export const MEDIA_TYPES = ["image", "video", "audio", "document"] as const;
export const MediaType = z.enum(MEDIA_TYPES);
export type MediaType = z.infer<typeof MediaType>;

/** Where a duration comes from: written in the container, computed from packets, or estimated from a bit rate. */
export const DurationSource = z.enum(["container", "computed", "estimated"]);

const text = z.string().max(4096);
const count = z.int().min(0);

/**
 * What is known of a file from its headers. Every field is optional: absent means "not written in the file or not
 * readable", never zero. PERSISTED CONTRACT.
 *
 * `width` and `height` are the stored pixel dimensions, before `orientation` (EXIF, 1 to 8) or `rotationDegrees`
 * (clockwise, 0, 90, 180 or 270) is applied. Date-times are ISO 8601; EXIF times carry no zone and get none here.
 */
export const Metadata = z
  .strictObject({
    container: text,
    title: text,
    artist: text,
    album: text,
    genre: text,
    composer: text,
    comment: text,
    year: z.int(),
    trackNumber: count,

    width: z.int().min(1),
    height: z.int().min(1),
    orientation: z.int().min(1).max(8),
    bitDepth: z.int().min(1),
    hasAlpha: z.boolean(),
    isAnimated: z.boolean(),
    hasXmp: z.boolean(),
    hasIccProfile: z.boolean(),
    cameraMake: text,
    cameraModel: text,
    lensModel: text,
    software: text,
    takenAt: text,
    fNumber: z.number(),
    exposureSeconds: z.number(),
    focalLengthMm: z.number(),
    iso: z.number(),
    flashFired: z.boolean(),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    altitudeMetres: z.number(),

    durationSeconds: z.number().min(0),
    durationSource: DurationSource,
    bitsPerSecond: z.number().min(0),
    videoCodec: text,
    videoCodecString: text,
    rotationDegrees: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
    framesPerSecond: z.number().min(0),
    isHdr: z.boolean(),
    audioCodec: text,
    channels: count,
    sampleRateHz: count,
    bitsPerSample: count,
    isLossless: z.boolean(),

    pageCount: count,
    pageWidthPoints: z.number(),
    pageHeightPoints: z.number(),
    slideCount: count,
    sheetCount: count,
    wordCount: count,
    characterCount: count,
    author: text,
    subject: text,
    keywords: text,
    language: text,
    creator: text,
    producer: text,
    createdAt: text,
    modifiedAt: text,
    isEncrypted: z.boolean(),
    hasMacros: z.boolean(),
  })
  .partial();
export type Metadata = z.infer<typeof Metadata>;

/** One thing that could not be read, beside everything that could. */
export const InspectionError = z.strictObject({ code: z.string().max(64), detail: z.string().max(500) });
export type InspectionError = z.infer<typeof InspectionError>;

/** Why an asset or a step ended as it did; `code` is stable, `detail` is for people. */
export const Reason = z.strictObject({ code: z.string().max(64), detail: z.string().max(1000) });
export type Reason = z.infer<typeof Reason>;

/**
 * The outcome of inspecting a file. PERSISTED CONTRACT.
 *
 * `accepted`: the content is of a known media type and goes to analysis (the agent may know more than the edge).
 * `rejected`: nothing can be analysed (empty, not media, unreadable): the asset ends `failed` with the reason.
 * `quarantined`: the content is media but hostile or unsafe to parse (a bomb, a lie about its own structure).
 */
export const Inspection = z.strictObject({
  verdict: z.enum(["accepted", "rejected", "quarantined"]),
  reason: Reason.nullable(),
  mediaType: MediaType.nullable(),
  /** IANA media type found in the content, such as `video/mp4`; `application/octet-stream` when unknown. */
  contentType: z.string().max(255),
  metadata: Metadata,
  errors: z.array(InspectionError).max(32),
  /** How many bytes and range reads the inspection took. */
  bytesRead: count,
  rangeReads: count,
});
export type Inspection = z.infer<typeof Inspection>;
