/** The AIMA client: everything that an application needs of the HTTP API. */
export {
  AimaClient,
  type Asset,
  type AssetSummary,
  type ClientOptions,
  type Insight,
  type JournalEvent,
} from "./client.ts";
export { AimaError } from "./aima-error.ts";
export { fileSource } from "./file-source.ts";
export type { SearchAnswer, SearchFilter } from "./search.ts";
export type { Progress, UploadSource } from "./upload.ts";
