/** The security headers of every answer, of the API and of the side doors, errors included. */

/** A year, the least that browsers' preload lists take. */
const HSTS = "max-age=31536000; includeSubDomains";

/** An answer may set its own policy and caching; the rest is the same everywhere. HTTPS only outside `dev`, where there is none. */
export function setSecurityHeaders(headers: Headers, environment: string): void {
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-resource-policy", "same-origin");
  headers.set("x-frame-options", "DENY");
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
  }
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  if (environment !== "dev") headers.set("strict-transport-security", HSTS);
}
