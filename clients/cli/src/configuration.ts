/**
 * Where the deployment is and who we are: flags, then the environment, then the session of `aima login`, then
 * `./.aima/credentials.json`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AimaClient, sessionCredential } from "@aima/sdk";
import { EXIT, Failure } from "./failure.ts";
import { type FiledSession, fileStore, readSession } from "./session-file.ts";

export type ConnectionFlags = { readonly url?: string; readonly apiKey?: string };

const FILE = join(".aima", "credentials.json");

type Filed = { readonly baseUrl?: string; readonly apiKey?: string; readonly tenant?: string };

async function fromFile(): Promise<Filed> {
  let text: string;
  try {
    text = await readFile(FILE, "utf8");
  } catch {
    return {}; // Not there: flags and environment may be enough.
  }
  try {
    const { baseUrl, apiKey, tenant } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof baseUrl === "string" ? { baseUrl } : {}),
      ...(typeof apiKey === "string" ? { apiKey } : {}),
      ...(typeof tenant === "string" ? { tenant } : {}),
    };
  } catch {
    throw new Failure(EXIT.usage, `${FILE} is not JSON.`, "Correct or delete the file; `npm start` writes a new one.");
  }
}

const orNull = (text: string | undefined): string | null => (text === undefined || text === "" ? null : text);

const withoutSlash = (url: string): string => url.replace(/\/+$/, "");

const askedUrl = (flags: ConnectionFlags): string | null => orNull(flags.url) ?? orNull(process.env["AIMA_URL"]);

function checkedUrl(baseUrl: string | null): string {
  if (baseUrl !== null && URL.canParse(baseUrl)) return withoutSlash(baseUrl);
  throw new Failure(EXIT.usage, "There is no base URL.", "Set AIMA_URL or pass --url, such as http://127.0.0.1:8787.");
}

/** For a login: where, and the tenant that the local system has made, if there is one. */
export async function whereToLogIn(flags: ConnectionFlags): Promise<{ baseUrl: string; tenant: string | null }> {
  const file = await fromFile();
  return { baseUrl: checkedUrl(askedUrl(flags) ?? file.baseUrl ?? null), tenant: file.tenant ?? null };
}

function clientOf(session: FiledSession): AimaClient {
  const { baseUrl } = session;
  return new AimaClient({ baseUrl, session: sessionCredential({ baseUrl }, fileStore(baseUrl)) });
}

/** The session of the deployment that is asked for; null when there is none. Tokens are sent to no other deployment. */
async function sessionFor(flags: ConnectionFlags): Promise<FiledSession | null> {
  const session = await readSession();
  const asked = askedUrl(flags);
  return session === null || (asked !== null && withoutSlash(asked) !== session.baseUrl) ? null : session;
}

export async function connect(flags: ConnectionFlags): Promise<AimaClient> {
  const named = orNull(flags.apiKey) ?? orNull(process.env["AIMA_API_KEY"]);
  const session = named === null ? await sessionFor(flags) : null;
  if (session !== null) return clientOf(session);
  const file = await fromFile();
  const baseUrl = askedUrl(flags) ?? file.baseUrl ?? null;
  const apiKey = named ?? file.apiKey ?? null;
  if (apiKey === null) {
    throw new Failure(
      EXIT.auth,
      "There is neither a session nor an API key.",
      "Set AIMA_API_KEY, pass --api-key, use `aima login`, or start a local system with `npm start`.",
    );
  }
  return new AimaClient({ baseUrl: checkedUrl(baseUrl), apiKey });
}

/** As the user who has logged in, whatever API key there is. */
export async function connectAsUser(flags: ConnectionFlags): Promise<AimaClient> {
  const session = await sessionFor(flags);
  if (session === null) throw new Failure(EXIT.auth, "Nobody has logged in here.", "Use `aima login`.");
  return clientOf(session);
}
