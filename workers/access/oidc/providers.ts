/** The identity providers of the tenants, as the setting `OIDC_PROVIDERS` names them. */
import { z } from "zod";
import { PLATFORM_TENANT, ROLES } from "../../../shared/core/access/permissions.ts";

// Written out: the schemas of the contracts must not be loaded before the API has taught zod to describe them.
const TenantId = z.string().regex(/^ten_[0-9A-Za-z]{4,32}$/);
const LOOPBACK: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether what is said to this address can be read on the way. */
export const isPlain = (issuer: string): boolean => new URL(issuer).protocol === "http:";

/** What goes over a network is encrypted; to a provider on this machine it need not be. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username, password } = new URL(text);
  const isSafe = protocol === "https:" || (protocol === "http:" && LOOPBACK.has(hostname));
  return isSafe && `${search}${hash}${username}${password}` === "" && !/[?#]/.test(text);
}

const OidcProvider = z
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
    /** Left out for a public client, which PKCE alone protects. */
    clientSecret: z.string().min(1).max(1_024).optional(),
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

export type OidcProvider = z.output<typeof OidcProvider>;

/** A JSON list; empty for none. No problem quotes the text, which may hold secrets. */
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
      .array(OidcProvider)
      .max(100)
      .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, "names a provider twice"),
  );
