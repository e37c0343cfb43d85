/** The session that `aima login` opened, in `./.aima/session.json` beside the API key: for its owner alone (0600). */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { KeptSession, SessionStore } from "@aima/sdk";
import { EXIT, Failure } from "./failure.ts";

export const SESSION_FILE = join(".aima", "session.json");

/** The tokens, and the deployment that they are for: no other one gets to see them. */
export type FiledSession = KeptSession & { readonly baseUrl: string };

const TEXTS = ["baseUrl", "accessToken", "refreshToken", "sessionId", "sessionExpiresAt", "tenant", "userId"] as const;

function isSession(value: unknown): value is FiledSession {
  if (typeof value !== "object" || value === null) return false;
  const members: Record<string, unknown> = { ...value };
  return TEXTS.every((name) => typeof members[name] === "string") && Number.isFinite(members["accessTokenEndsAtMs"]);
}

/** Null when nobody has logged in. Throws `Failure` when the file is something else. */
export async function readSession(): Promise<FiledSession | null> {
  let text: string;
  try {
    text = await readFile(SESSION_FILE, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new Failure(EXIT.usage, `${SESSION_FILE} cannot be read.`, "Correct its owner and mode, or delete the file.");
  }
  const value = await Promise.resolve(text)
    .then((json): unknown => JSON.parse(json))
    .catch(() => null);
  if (isSession(value)) return value;
  throw new Failure(EXIT.usage, `${SESSION_FILE} is not a session.`, "Delete the file, then `aima login`.");
}

/** Whole or not at all: a reader sees the session before or this one. */
export async function writeSession(session: FiledSession): Promise<void> {
  await mkdir(dirname(SESSION_FILE), { recursive: true, mode: 0o700 });
  const partial = `${SESSION_FILE}.${randomUUID()}.partial`;
  try {
    const file = await open(partial, "wx", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(session)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, SESSION_FILE);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

export const deleteSession = (): Promise<void> => rm(SESSION_FILE, { force: true });

/** The file as the SDK wants it; a session of another deployment is none. */
export const fileStore = (baseUrl: string): SessionStore => ({
  read: async () => {
    const session = await readSession();
    return session?.baseUrl === baseUrl ? session : null;
  },
  write: (session) => writeSession({ ...session, baseUrl }),
});
