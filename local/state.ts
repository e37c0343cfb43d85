/** What local mode keeps between starts: its secrets and the credentials it hands out. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { assessPassword } from "../shared/core/identity/password-policy.ts";
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
const OWNER = "owner@aima.localhost";

/** The credentials of the last start if they still open the API; otherwise new ones. The e-mail and password log in. */
export async function loadCredentials(dataDir: string, baseUrl: string, secrets: Secrets): Promise<Credentials> {
  const path = join(dataDir, "credentials.json");
  const kept = await readJson(path, Credentials);
  const current = kept === null ? null : { ...kept, baseUrl };
  if (current !== null && (await opens(current)) && (await logsIn(current))) {
    await writePrivate(path, current);
    return current;
  }
  const owner = { email: current?.email ?? OWNER, password: strongOr(current?.password) };
  const made =
    (await found(baseUrl, secrets, owner)) ??
    // The address has an account whose password is lost: its owner comes back under another one.
    (await found(baseUrl, secrets, {
      email: `owner-${randomBytes(4).toString("hex")}@aima.localhost`,
      password: newPassword(),
    }));
  if (made === null) throw new Error("Bootstrap refuses an address that is new.");
  await writePrivate(path, made);
  return made;
}

/** One that the password policy accepts, with 96 random bits. */
export function newPassword(): string {
  for (;;) {
    const password = randomBytes(12).toString("base64url");
    if (!password.startsWith("-") && accepted(password)) return password;
  }
}

const accepted = (password: string): boolean =>
  assessPassword(password, { names: [OWNER], previous: null }).problems.length === 0;

/** Releases before accounts kept passwords that no policy had seen. */
const strongOr = (password: string | undefined): string =>
  password !== undefined && accepted(password) ? password : newPassword();

type Owner = { readonly email: string; readonly password: string };

/** Null when the address belongs to an account with another password. */
async function found(baseUrl: string, secrets: Secrets, owner: Owner): Promise<Credentials | null> {
  const reply = await post(`${baseUrl}/internal/bootstrap`, { tenant: TENANT, name: "Local", ...owner }, secrets);
  if (!reply.ok) {
    const text = await reply.text();
    if (/"(email_taken|idempotency_conflict)"/.test(text)) return null;
    throw new Error(`Bootstrap answered ${reply.status}: ${text}`);
  }
  const { apiKey } = z.object({ apiKey: z.string() }).parse(await reply.json());
  return { baseUrl, tenant: TENANT, ...owner, apiKey };
}

/** The list may be unavailable (503), but only a valid key gets as far as that. */
async function opens({ baseUrl, apiKey }: Credentials): Promise<boolean> {
  const reply = await fetch(`${baseUrl}/v1/assets?limit=1`, { headers: { authorization: `Bearer ${apiKey}` } });
  await reply.body?.cancel();
  return reply.status !== 401;
}

/** Leaves no session behind. False only for credentials that are wrong: an account that is locked is there. */
async function logsIn({ baseUrl, tenant, email, password }: Credentials): Promise<boolean> {
  const reply = await post(`${baseUrl}/v1/auth/login`, { tenant, login: email, password });
  if (!reply.ok) {
    await reply.body?.cancel();
    return reply.status !== 401;
  }
  const { accessToken } = z.object({ accessToken: z.string() }).parse(await reply.json());
  const out = await fetch(`${baseUrl}/v1/auth/logout`, {
    method: "POST",
    headers: { authorization: `Bearer ${accessToken}` },
  });
  await out.body?.cancel();
  return true;
}

const post = (url: string, body: object, secrets: Secrets | null = null): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(secrets === null ? {} : { authorization: `Bearer ${secrets.bootstrapSecret}` }),
    },
    body: JSON.stringify(body),
  });
