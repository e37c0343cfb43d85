/** The environment as the Workers use it: parsed once per isolate, all problems named at once, no value printed. */
import { z } from "zod";
import { type OidcProvider, OidcProviders, withClientSecrets } from "./access/oidc/providers.ts";
import { isLoopback } from "./access/oidc/reachable.ts";
import { senderOf } from "../shared/adapters/mail/sender.ts";
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
  /** From this age on a password opens nothing but its own change; 0 for never. At most ten years. */
  PASSWORD_MAX_AGE_DAYS: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .pipe(z.number().max(3_650)),
  /** Whether who comes in through an identity provider may set a password too, by the mail that resets one. */
  EXTERNAL_PASSWORDS: z.enum(["allowed", "refused"]),
  /** Origins of browsers that may call the API, separated by commas; empty for none. */
  CORS_ORIGINS: z.string().transform(splitList).pipe(z.array(Origin)),
  /** JSON that replaces the default rules; empty for the defaults. */
  RATE_LIMITS: z.string(),
  /** JSON list of identity providers; empty for none. Their secrets are secrets of the Worker, which it names. */
  OIDC_PROVIDERS: OidcProviders,
  /** `allow`: identity providers on this machine are asked too, in development. */
  OIDC_LOOPBACK: z.enum(["", "allow"]),
  /** `binding`: through the binding `EMAIL`. */
  MAIL: z.enum(["log", "binding"]),
  /** `Name <address>` or an address; the binding takes only addresses that it lists. */
  MAIL_FROM: z.string().refine((text) => senderOf(text) !== null, "is no sender"),
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(1),
});

const Checked = Variables.refine(({ ENVIRONMENT, OIDC_LOOPBACK }) => ENVIRONMENT === "dev" || OIDC_LOOPBACK === "", {
  error: "is for development",
  path: ["OIDC_LOOPBACK"],
}).refine(
  ({ OIDC_LOOPBACK, OIDC_PROVIDERS }) =>
    OIDC_LOOPBACK === "allow" || !OIDC_PROVIDERS.some(({ issuer }) => isLoopback(issuer)),
  { error: "names a provider on this machine, which OIDC_LOOPBACK does not allow", path: ["OIDC_PROVIDERS"] },
);

export type Settings = Omit<z.infer<typeof Checked>, "OIDC_PROVIDERS"> & {
  readonly OIDC_PROVIDERS: readonly OidcProvider[];
};

let parsed: { readonly env: Env; readonly settings: Settings } | null = null;

export function settingsOf(env: Env): Settings {
  if (parsed?.env === env) return parsed.settings;
  const result = Checked.safeParse(env);
  if (!result.success) throw incomplete(result.error.issues.map((issue) => issue.path.join(".")));
  const { providers, missing } = withClientSecrets(result.data.OIDC_PROVIDERS, (name): unknown =>
    Reflect.get(env, name),
  );
  if (missing.length > 0) throw incomplete(missing);
  const settings = { ...result.data, OIDC_PROVIDERS: providers };
  parsed = { env, settings };
  return settings;
}

const incomplete = (names: readonly string[]): Error =>
  new Error(`The environment is not complete: ${names.join(", ")}`);
