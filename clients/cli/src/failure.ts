/** How a command ends: exit codes are part of the interface. */
import { AimaError } from "@aima/sdk";
import { CommanderError } from "commander";

export const EXIT = { ok: 0, failure: 1, usage: 2, auth: 3, notFound: 4, rateLimited: 5 } as const;

/** A failure that the user can mend, with how. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;
  readonly fix: string;
  constructor(exitCode: number, message: string, fix: string) {
    super(message);
    this.exitCode = exitCode;
    this.fix = fix;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Failure) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(error instanceof AimaError)) return EXIT.failure;
  if (error.status === 401 || error.status === 403) return EXIT.auth;
  if (error.status === 404) return EXIT.notFound;
  return error.status === 429 ? EXIT.rateLimited : EXIT.failure;
}

/** What a problem says of single fields: `/name: too long`. */
function fieldsOf(error: AimaError): string[] {
  const errors = error.member("errors");
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((each: unknown) => {
    const { pointer, detail }: { pointer?: unknown; detail?: unknown } = Object(each);
    return typeof pointer === "string" && typeof detail === "string" ? [`${pointer || "/"}: ${detail}`] : [];
  });
}

/** What to tell the user, a line each: what is wrong, at which fields, what to do, and what to report. */
export function describe(error: unknown): string {
  if (error instanceof Failure) return `error: ${error.message}\n  fix: ${error.fix}`;
  if (!(error instanceof AimaError)) return `error: ${error instanceof Error ? error.message : String(error)}`;
  const lines = [`error: ${error.message}`, ...fieldsOf(error).map((line) => `  ${line}`), `  fix: ${error.fix}`];
  return [...lines, ...(error.requestId === null ? [] : [`  request: ${error.requestId}`])].join("\n");
}
