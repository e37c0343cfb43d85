/** Where the deployment is and who we are: flags, then the environment, then `./.aima/credentials.json`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AimaClient } from "@aima/sdk";
import { EXIT, Failure } from "./failure.ts";

export type ConnectionFlags = { readonly url?: string; readonly apiKey?: string };

const FILE = join(".aima", "credentials.json");

async function fromFile(): Promise<{ baseUrl?: string; apiKey?: string }> {
  let text: string;
  try {
    text = await readFile(FILE, "utf8");
  } catch {
    return {}; // Not there: flags and environment may be enough.
  }
  try {
    const { baseUrl, apiKey } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof baseUrl === "string" ? { baseUrl } : {}),
      ...(typeof apiKey === "string" ? { apiKey } : {}),
    };
  } catch {
    throw new Failure(EXIT.usage, `${FILE} is not JSON.`, "Correct or delete the file; `npm start` writes a new one.");
  }
}

const orNull = (text: string | undefined): string | null => (text === undefined || text === "" ? null : text);

export async function connect(flags: ConnectionFlags): Promise<AimaClient> {
  const { env } = process;
  const file = await fromFile();
  const baseUrl = orNull(flags.url) ?? orNull(env["AIMA_URL"]) ?? file.baseUrl ?? null;
  const apiKey = orNull(flags.apiKey) ?? orNull(env["AIMA_API_KEY"]) ?? file.apiKey ?? null;
  if (apiKey === null) {
    throw new Failure(
      EXIT.auth,
      "There is no API key.",
      "Set AIMA_API_KEY, pass --api-key, or start a local system with `npm start`.",
    );
  }
  if (baseUrl === null || !URL.canParse(baseUrl)) {
    throw new Failure(
      EXIT.usage,
      "There is no base URL.",
      "Set AIMA_URL or pass --url, such as http://127.0.0.1:8787.",
    );
  }
  return new AimaClient({ baseUrl, apiKey });
}
