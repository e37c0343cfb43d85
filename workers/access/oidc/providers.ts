/** The identity providers of the tenants, as the setting `OIDC_PROVIDERS` names them. */
import { z } from "zod";
import { PLATFORM_TENANT, ROLES } from "../../../shared/core/access/permissions.ts";
import { mayAsk } from "./reachable.ts";

// Written out: the schemas of the contracts must not be loaded before the API has taught zod to describe them.
const TenantId = z.string().regex(/^ten_[0-9A-Za-z]{4,32}$/);
/** Of a provider on this machine too: whether those are asked at all is another setting. */
const isIssuer = (text: string): boolean => mayAsk(text, true) && !/[?#]/.test(text);

const ConfiguredProvider = z
  .strictObject({
    /** Part of the addresses of its routes, and the method that its sessions show: never the one of passwords. */
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
      .refine((id) => id !== "password", "is how the sessions of passwords are called"),
    /** Whose members it vouches for. */
    tenant: TenantId,
    issuer: z.string().max(512).refine(isIssuer, "is no https address"),
    clientId: z.string().min(1).max(256),
    /**
     * The name of the secret that holds the client's secret: what is written here is read by everybody who reads the
     * settings. The prefix keeps it from naming a secret that is not the provider's. Left out for a public client, which
     * PKCE alone protects.
     */
    clientSecretRef: z
      .string()
      .regex(/^OIDC_SECRET_[A-Z0-9_]{1,64}$/, "is no name such as OIDC_SECRET_CORP")
      .optional(),
    scopes: z
      .array(z.string().regex(/^[!#-[\]-~]{1,128}$/))
      .refine((scopes) => scopes.includes("openid"), "lacks `openid`")
      .default(["openid", "email", "profile"]),
    /** The role of whoever it vouches for and who has no account; left out to let in nobody who was not invited. */
    autoCreate: z.enum(ROLES).exclude(["admin"]).optional(),
  })
  .refine(
    ({ tenant, autoCreate }) => tenant !== PLATFORM_TENANT || autoCreate === undefined,
    "makes nobody a member of the platform",
  );

type ConfiguredProvider = z.output<typeof ConfiguredProvider>;

/** `clientSecret` is null for a public client. */
export type OidcProvider = Omit<ConfiguredProvider, "clientSecretRef"> & { readonly clientSecret: string | null };

/** A JSON list; empty for none. No problem quotes the text: somebody may have written a secret into it. */
export const OidcProviders = z
  .string()
  .transform((text, context): unknown => {
    try {
      return text === "" ? [] : JSON.parse(text);
    } catch {
      context.addIssue("is no JSON");
      return z.NEVER;
    }
  })
  .pipe(
    z
      .array(ConfiguredProvider)
      .max(100)
      .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, "names a provider twice"),
  );

/** The providers with their secrets, and the names of those secrets that are not set. */
export function withClientSecrets(
  configured: readonly ConfiguredProvider[],
  secretOf: (name: string) => unknown,
): { readonly providers: readonly OidcProvider[]; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const providers = configured.map(({ clientSecretRef, ...provider }) => {
    if (clientSecretRef === undefined) return { ...provider, clientSecret: null };
    const secret = secretOf(clientSecretRef);
    if (typeof secret === "string" && secret !== "") return { ...provider, clientSecret: secret };
    missing.push(clientSecretRef);
    return { ...provider, clientSecret: null };
  });
  return { providers, missing };
}
