import { resolve } from "node:path";
import { parseArgs } from "node:util";

export type Options = {
  /** Run the main job and exit with its outcome. */
  readonly once: boolean;
  readonly jsonFile: string | null;
  /** The user's files and folders; empty for the built-in samples. */
  readonly media: readonly string[];
  readonly demo: boolean;
  readonly port: number;
  readonly dataDir: string;
};

export const USAGE = `npm start -- [options]

  --once           run the main job (upload, analyse, search) and exit: 0 only if all of it succeeded
  --json FILE      write the outcome as JSON
  --media PATH...  use these files and folders instead of the built-in samples
  --no-demo        start the system and upload nothing
  --port N         port of the API (default 8787)
  --data DIR       where the state is kept (default .aima)
  --help           this text`;

/** A message for the user when the arguments make no sense; null when only the usage was asked for. */
export function parseOptions(argv: readonly string[]): Options | string | null {
  try {
    const { values, positionals } = parseArgs({
      args: spreadMedia(argv),
      allowPositionals: true,
      options: {
        once: { type: "boolean", default: false },
        json: { type: "string" },
        media: { type: "string", multiple: true, default: [] },
        "no-demo": { type: "boolean", default: false },
        port: { type: "string", default: "8787" },
        data: { type: "string", default: ".aima" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return null;
    if (positionals.length > 0) return `Unknown argument ${positionals[0] ?? ""}`;
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      return `--port takes a number from 1 to 65535, not ${values.port}`;
    if (values.once && values["no-demo"]) return "--once runs the main job: it cannot go with --no-demo";
    return {
      once: values.once,
      jsonFile: values.json === undefined ? null : resolve(values.json),
      media: values.media.map((path) => resolve(path)),
      demo: !values["no-demo"],
      port,
      dataDir: resolve(values.data),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `--media a b c` reads as `--media a --media b --media c`. */
function spreadMedia(argv: readonly string[]): string[] {
  const spread: string[] = [];
  let inMedia = false;
  for (const argument of argv) {
    if (argument.startsWith("--")) {
      inMedia = argument === "--media";
      if (!inMedia) spread.push(argument);
    } else if (inMedia) spread.push("--media", argument);
    else spread.push(argument);
  }
  return spread;
}
