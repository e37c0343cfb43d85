/** What local mode keeps between starts: its secrets and the credentials it hands out. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { newAccessTokenKeys } from "./access-token-keys.ts";

const Secrets = z.strictObject({
  signingKeys: z.string(),
  agentToken: z.string(),
  bootstrapSecret: z.string(),
  postgresPassword: z.string(),
  accessTokenKeys: z.string(),
  encryptionKeys: z.string(),
});
export type Secrets = z.infer<typeof Secrets>;

const Credentials = z.strictObject({
  baseUrl: z.url(),
  tenant: z.string(),
  email: z.string(),
  password: z.string(),
  apiKey: z.string(),
});
export type Credentials = z.infer<typeof Credentials>;

const secret = (): string => randomBytes(32).toString("hex");

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null; // Absent or damaged: made anew.
  }
}

async function writePrivate(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
}

export async function loadSecrets(dataDir: string): Promise<Secrets> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, "secrets.json");
  // What an earlier release did not have yet is added to what it kept.
  const kept = await readJson(path, Secrets.partial());
  const made: Secrets = {
    signingKeys: kept?.signingKeys ?? `k1:${secret()}`,
    agentToken: kept?.agentToken ?? secret(),
    bootstrapSecret: kept?.bootstrapSecret ?? secret(),
    postgresPassword: kept?.postgresPassword ?? secret(),
    accessTokenKeys: kept?.accessTokenKeys ?? newAccessTokenKeys(),
    encryptionKeys: kept?.encryptionKeys ?? `e1:${secret()}`,
  };
  await writePrivate(path, made);
  return made;
}

const TENANT = "ten_local";

/** The credentials of the last start if they still open the API; otherwise new ones. */
export async function loadCredentials(dataDir: string, baseUrl: string, secrets: Secrets): Promise<Credentials> {
  const path = join(dataDir, "credentials.json");
  const kept = await readJson(path, Credentials);
  if (kept !== null && (await opens(baseUrl, kept.apiKey))) {
    const current = { ...kept, baseUrl };
    await writePrivate(path, current);
    return current;
  }
  const reply = await fetch(`${baseUrl}/internal/bootstrap`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${secrets.bootstrapSecret}` },
    body: JSON.stringify({ tenant: TENANT, name: "Local" }),
  });
  if (!reply.ok) throw new Error(`Bootstrap answered ${reply.status}: ${await reply.text()}`);
  const { apiKey } = z.object({ apiKey: z.string() }).parse(await reply.json());
  const made = {
    baseUrl,
    tenant: TENANT,
    email: "owner@aima.localhost",
    password: randomBytes(12).toString("base64url"),
    apiKey,
  };
  await writePrivate(path, made);
  return made;
}

/** The list may be unavailable (503), but only a valid key gets as far as that. */
async function opens(baseUrl: string, apiKey: string): Promise<boolean> {
  const reply = await fetch(`${baseUrl}/v1/assets?limit=1`, { headers: { authorization: `Bearer ${apiKey}` } });
  await reply.body?.cancel();
  return reply.status !== 401;
}
