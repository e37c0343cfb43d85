/** The environment as the Workers use it: parsed once per isolate, all problems named at once, no value printed. */
import { z } from "zod";
import { isPlain, OidcProviders } from "./access/oidc/providers.ts";
import { type AccessTokenKey, parseAccessTokenKeys } from "../shared/tokens/access-token-keys.ts";
import { parseSigningKeys, type SigningKey } from "../shared/tokens/signed-token.ts";

const splitList = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** As browsers write it: scheme, host and port, nothing more. `*` is none: it would let every page in. */
const Origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, "is no origin");

const Variables = z.object({
  ENVIRONMENT: z.enum(["dev", "staging", "production"]),
  PUBLIC_ORIGIN: z.url(),
  VECTOR_INDEX: z.enum(["pgvector", "vectorize"]),
  MAX_UPLOAD_BYTES: z.coerce.number().int().min(1),
  /** How long a deleted asset can be restored; 0 removes it at once. At most ten years. */
  DELETED_RETENTION_HOURS: z.coerce.number().int().min(0).max(87_600),
  /** Dead letters kept per tenant, and for how many days. */
  DEAD_LETTERS_MAX: z.coerce.number().int().min(1),
  DEAD_LETTERS_MAX_DAYS: z.coerce.number().int().min(1),
  /** `host:port` of a local Neon-compatible endpoint; empty for Neon itself. */
  NEON_LOCAL: z.string(),
  DATABASE_URL: z.string().min(1),
  SIGNING_KEYS: z.string().transform((text): SigningKey[] => parseSigningKeys(text)),
  AGENT_TOKEN: z.string().min(32),
  BOOTSTRAP_SECRET: z.string().min(32),
  /** A JWK set of Ed25519 (or P-256) keys: the first signs access tokens, all of them verify. */
  ACCESS_TOKEN_KEYS: z.string().transform((text): AccessTokenKey[] => parseAccessTokenKeys(text)),
  /** `id:secret` pairs like `SIGNING_KEYS`: the first encrypts what has to be read again, all of them decrypt. */
  ENCRYPTION_KEYS: z.string().transform((text): SigningKey[] => parseSigningKeys(text)),
  /** Who may make an account: `closed` for invited people only. */
  REGISTRATION: z.enum(["closed", "open"]),
  /** Origins of browsers that may call the API, separated by commas; empty for none. */
  CORS_ORIGINS: z.string().transform(splitList).pipe(z.array(Origin)),
  /** JSON that replaces the default rules; empty for the defaults. */
  RATE_LIMITS: z.string(),
  /** JSON list of identity providers; empty for none. */
  OIDC_PROVIDERS: OidcProviders,
  MAIL: z.enum(["log", "binding"]),
  MAIL_FROM: z.string().min(3),
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(1),
});

const Settings = Variables.refine(
  ({ ENVIRONMENT, OIDC_PROVIDERS }) => ENVIRONMENT === "dev" || !OIDC_PROVIDERS.some(({ issuer }) => isPlain(issuer)),
  { error: "names a provider without https", path: ["OIDC_PROVIDERS"] },
);

export type Settings = z.infer<typeof Settings>;

let parsed: { readonly env: Env; readonly settings: Settings } | null = null;

export function settingsOf(env: Env): Settings {
  if (parsed?.env === env) return parsed.settings;
  const result = Settings.safeParse(env);
  if (!result.success) {
    throw new Error(
      `The environment is not complete: ${result.error.issues.map((issue) => issue.path.join(".")).join(", ")}`,
    );
  }
  parsed = { env, settings: result.data };
  return result.data;
}
