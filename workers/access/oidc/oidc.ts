/**
 * Logging in through an identity provider: the authorization code flow of OpenID Connect with PKCE, state and nonce.
 *
 * O1 A code is redeemed only for the browser that began the login: state and cookie are compared before anything is sent.
 * O2 An id token counts when its signature fits a key of the provider by a public-key algorithm, and issuer, audience,
 *    times and nonce are those expected. A token without a signature, or signed with the client's secret, never does.
 * O3 What cannot be told because the provider does not answer as it should is `oidc_provider_unavailable`; what it does
 *    not vouch for is `oidc_login_failed`.
 */
import {
  allowInsecureRequests,
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  type Client,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  discoveryRequest,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  getValidatedIdTokenClaims,
  HTTP_REQUEST_FORBIDDEN,
  INVALID_SERVER_METADATA,
  MISSING_SERVER_METADATA,
  None,
  PARSE_ERROR,
  processAuthorizationCodeResponse,
  processDiscoveryResponse,
  RESPONSE_IS_NOT_CONFORM,
  RESPONSE_IS_NOT_JSON,
  ResponseBodyError,
  validateApplicationLevelSignature,
  validateAuthResponse,
} from "oauth4webapi";
import { normaliseEmail } from "../../../shared/core/identity/names.ts";
import { ok, refuse, type Result } from "../../../shared/core/result.ts";
import type { SigningKey } from "../../../shared/tokens/signed-token.ts";
import { type BoundedFetch, createBoundedFetch, ProviderUnavailable } from "./bounded-fetch.ts";
import { LOGIN_SECONDS, openState, sealState } from "./login-state.ts";
import type { OidcProvider } from "./providers.ts";
import { isPlain } from "./reachable.ts";

export type OidcFault = {
  readonly code: "oidc_provider_unavailable" | "oidc_login_failed";
  /** For the log; holds nothing that was sent. */
  readonly reason: string;
};

/** Whom the provider vouches for. */
export type Vouched = {
  readonly subject: string;
  /** In its normal form; null when the provider has not proven it. */
  readonly verifiedEmail: string | null;
  readonly fullName: string | null;
};

export type Oidc = {
  readonly provider: (id: string) => OidcProvider | null;
  /** Where to send the browser, and what its cookie is to hold. `remember`: whether the session is to be a long one. */
  readonly begin: (
    provider: OidcProvider,
    remember: boolean,
  ) => Promise<Result<{ location: string; sealed: string }, OidcFault>>;
  /** `answer`: the query of the way back; `sealed`: the cookie, null for none. */
  readonly finish: (
    provider: OidcProvider,
    sealed: string | null,
    answer: URLSearchParams,
  ) => Promise<Result<Vouched & { readonly remember: boolean }, OidcFault>>;
};

type Options = {
  readonly providers: readonly OidcProvider[];
  readonly publicOrigin: string;
  /** Seal what the cookie holds. */
  readonly keys: readonly SigningKey[];
  /** Whether providers on this machine are asked: for development and tests. */
  readonly allowLoopback: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

const ALGORITHMS: ReadonlySet<string> = new Set(
  "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA".split(" "),
);
/** What OpenID Connect says of a provider that names none. */
const DEFAULT_ALGORITHMS = ["RS256"];
/** A provider changes its addresses less often; its keys are asked for by their own ids. */
const DISCOVERY_KEPT_MS = 600_000;
const MAX_SUBJECT_CHARS = 255;
const MAX_NAME_CHARS = 200;
/** Of the library: the answer is not one that the protocol knows, so it says nothing of the person. */
const NO_ANSWER: ReadonlySet<unknown> = new Set([
  RESPONSE_IS_NOT_CONFORM,
  RESPONSE_IS_NOT_JSON,
  PARSE_ERROR,
  HTTP_REQUEST_FORBIDDEN,
  MISSING_SERVER_METADATA,
  INVALID_SERVER_METADATA,
]);

const failed = (reason: string) => refuse<OidcFault>({ code: "oidc_login_failed", reason });

type HttpOptions = { readonly [customFetch]: BoundedFetch; readonly [allowInsecureRequests]: boolean };

export function createOidc({ providers, publicOrigin, keys, allowLoopback, now }: Options): Oidc {
  const boundedFetch = createBoundedFetch(allowLoopback);
  const httpOptions = ({ issuer }: OidcProvider): HttpOptions => ({
    [customFetch]: boundedFetch,
    [allowInsecureRequests]: isPlain(issuer),
  });
  const redirectUri = ({ id }: OidcProvider): string => `${publicOrigin}/v1/auth/oidc/${id}/callback`;
  // Values only: a promise of one request must not be waited for by another.
  const known = new Map<string, { readonly server: AuthorizationServer; readonly atMs: number }>();

  async function serverOf(provider: OidcProvider): Promise<AuthorizationServer> {
    const kept = known.get(provider.id);
    if (kept !== undefined && now() - kept.atMs < DISCOVERY_KEPT_MS) return kept.server;
    const server = await discover(provider, httpOptions(provider));
    known.set(provider.id, { server, atMs: now() });
    return server;
  }

  return {
    provider: (id) => providers.find((each) => each.id === id) ?? null,
    begin: (provider, remember) =>
      guarded(async () => {
        const server = await serverOf(provider);
        const codeVerifier = generateRandomCodeVerifier();
        const [state, nonce] = [generateRandomState(), generateRandomNonce()];
        const location = authorizationEndpoint(provider, server);
        for (const [name, value] of Object.entries({
          response_type: "code",
          client_id: provider.clientId,
          redirect_uri: redirectUri(provider),
          scope: provider.scopes.join(" "),
          state,
          nonce,
          code_challenge: await calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: "S256",
        })) {
          location.searchParams.set(name, value);
        }
        const expiresAtMs = now() + LOGIN_SECONDS * 1_000;
        const sealed = sealState(keys, provider.id, { state, nonce, codeVerifier, remember, expiresAtMs });
        return ok({ location: location.href, sealed });
      }),
    finish: async (provider, sealed, answer) => {
      const begun = sealed === null ? null : openState(keys, provider.id, sealed, now());
      // O1
      if (begun === null) return failed("no login was begun in this browser, or too long ago");
      if (answer.get("state") !== begun.state) return failed("the state is another one");
      return guarded(async () => {
        const server = await serverOf(provider);
        const client: Client = { client_id: provider.clientId };
        const options = httpOptions(provider);
        const code = validateAuthResponse(server, client, answer, begun.state);
        const response = await authorizationCodeGrantRequest(
          server,
          client,
          clientAuthentication(provider, server),
          code,
          redirectUri(provider),
          begun.codeVerifier,
          options,
        );
        const expected = { expectedNonce: begun.nonce, requireIdToken: true };
        const tokens = await processAuthorizationCodeResponse(server, client, response, expected);
        await validateApplicationLevelSignature(server, response, options);
        const claims = getValidatedIdTokenClaims(tokens);
        if (claims === undefined || claims.sub.length > MAX_SUBJECT_CHARS) return failed("the subject is none");
        const { email, email_verified: isProven, name } = claims;
        return ok({
          remember: begun.remember,
          subject: claims.sub,
          verifiedEmail: isProven === true && typeof email === "string" ? normaliseEmail(email) : null,
          fullName: typeof name === "string" ? fullNameOf(name) : null,
        });
      });
    },
  };
}

/** O2: only algorithms of public keys are left of those that the provider names. */
async function discover(provider: OidcProvider, options: HttpOptions): Promise<AuthorizationServer> {
  try {
    const issuer = new URL(provider.issuer);
    const server = await processDiscoveryResponse(issuer, await discoveryRequest(issuer, options));
    const named: readonly string[] = server.id_token_signing_alg_values_supported ?? DEFAULT_ALGORITHMS;
    const algorithms = named.filter((name) => ALGORITHMS.has(name));
    return { ...server, id_token_signing_alg_values_supported: algorithms };
  } catch (error) {
    // Nobody has been vouched for yet, or refused: all of it is the provider's fault.
    throw error instanceof ProviderUnavailable ? error : new ProviderUnavailable(reasonOf(error), { cause: error });
  }
}

function authorizationEndpoint({ issuer }: OidcProvider, { authorization_endpoint }: AuthorizationServer): URL {
  const url = URL.canParse(authorization_endpoint ?? "") ? new URL(authorization_endpoint ?? "") : null;
  // A browser is sent there.
  if (url === null || (url.protocol !== "https:" && !(url.protocol === "http:" && isPlain(issuer)))) {
    throw new ProviderUnavailable("the provider names no place to sign in at");
  }
  return url;
}

function clientAuthentication({ clientSecret }: OidcProvider, server: AuthorizationServer) {
  if (clientSecret === null) return None();
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const onlyPost = methods.includes("client_secret_post") && !methods.includes("client_secret_basic");
  return onlyPost ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
}

/** O3. What is no error of the protocol is one of this program, and is thrown on. */
async function guarded<T>(work: () => Promise<Result<T, OidcFault>>): Promise<Result<T, OidcFault>> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    // A code that is not, or not any more; anything else means that the client is not set up as the provider knows it.
    const isRefused = error instanceof ResponseBodyError ? error.error === "invalid_grant" : !NO_ANSWER.has(code);
    if (error instanceof ProviderUnavailable || (code !== null && !isRefused)) {
      return refuse<OidcFault>({ code: "oidc_provider_unavailable", reason: reasonOf(error) });
    }
    if (code === null) throw error;
    return failed(reasonOf(error));
  }
}

/** As accounts take one; null for anything else. */
function fullNameOf(name: string): string | null {
  const trimmed = name.trim();
  return trimmed !== "" && trimmed.length <= MAX_NAME_CHARS ? trimmed : null;
}

const codeOf = (error: unknown): string | null => {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && code.startsWith("OAUTH_") ? code : null;
};

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${codeOf(error) ?? error.name}: ${error.message}` : "unknown";
