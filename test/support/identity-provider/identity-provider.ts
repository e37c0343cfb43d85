/**
 * An identity provider on loopback that keeps the rules of OpenID Connect itself: it redeems a code once, only for the
 * client, address and code verifier that it was given for, and signs id tokens with a key that it publishes. What a
 * test wants to go wrong it says in `faults`.
 */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from "jose";

export const CLIENT_ID = "aima-under-test";
export const CLIENT_SECRET = "client secret/with:signs";

/** The settings under which a deployment asks the provider at `issuer`, on this machine, for members of `tenant`. */
export const providerSettings = (issuer: string, tenant: string) => ({
  OIDC_PROVIDERS: JSON.stringify([
    { id: "corp", tenant, issuer, clientId: CLIENT_ID, clientSecretRef: "OIDC_SECRET_CORP" },
  ]),
  OIDC_LOOPBACK: "allow",
  OIDC_SECRET_CORP: CLIENT_SECRET,
});

type Person = Readonly<Record<string, unknown>> & { readonly sub: string };

export type Faults = {
  /** Laid over the claims of the next id tokens; undefined takes a claim away. */
  claims?: Readonly<Record<string, unknown>>;
  /** `HS256` signs with the client's secret, `stranger` with a key of the right name that is not published. */
  signature?: "none" | "HS256" | "stranger";
  /** Paths that answer with this status and no more. */
  statusOf?: Readonly<Record<string, number>>;
  /** Laid over the discovery document. */
  discovery?: Readonly<Record<string, unknown>>;
  /** Bytes of padding in the discovery document. */
  paddingBytes?: number;
  /** Instead of a code. */
  error?: string;
};

type Granted = { readonly nonce: string; readonly challenge: string; readonly redirectUri: string };
type Send = (status: number, body: unknown) => void;

/** Name and secret are encoded as in a form before they are joined (RFC 6749, 2.3.1). */
function isClient(authorization: string): boolean {
  const [, encoded = ""] = /^Basic (.+)$/.exec(authorization) ?? [];
  const parts = Buffer.from(encoded, "base64").toString("utf8").split(":");
  const [id, secret] = parts.map((part) => new URLSearchParams(`part=${part}`).get("part"));
  return parts.length === 2 && id === CLIENT_ID && secret === CLIENT_SECRET;
}

export async function startIdentityProvider() {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const stranger = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "one", alg: "RS256", use: "sig" };
  const codes = new Map<string, Granted>();
  const requests: string[] = [];
  const given: { faults: Faults; person: Person } = { faults: {}, person: { sub: "nobody" } };
  let issuer = "";

  async function idToken(nonce: string): Promise<string> {
    const { faults, person } = given;
    const nowSeconds = Math.floor(Date.now() / 1_000);
    const times = { iat: nowSeconds, exp: nowSeconds + 60 };
    const claims = { iss: issuer, aud: CLIENT_ID, ...times, nonce, ...person, ...faults.claims };
    if (faults.signature === "none") return new UnsecuredJWT(claims).encode();
    const isHmac = faults.signature === "HS256";
    const header: JWTHeaderParameters = isHmac ? { alg: "HS256" } : { alg: "RS256", kid: "one" };
    const signed = new SignJWT(claims).setProtectedHeader(header);
    if (isHmac) return signed.sign(new TextEncoder().encode(CLIENT_SECRET.padEnd(32)));
    return signed.sign(faults.signature === "stranger" ? stranger.privateKey : privateKey);
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const value = (name: string): string => query.get(name) ?? "";
    const back = new URL(value("redirect_uri"));
    const isSound =
      value("client_id") === CLIENT_ID &&
      value("response_type") === "code" &&
      value("code_challenge_method") === "S256" &&
      value("scope").split(" ").includes("openid");
    if (!isSound) {
      response.writeHead(400).end();
      return;
    }
    back.searchParams.set("state", value("state"));
    back.searchParams.set("session_state", "of no interest");
    if (given.faults.error === undefined) {
      const code = randomUUID();
      const granted = { nonce: value("nonce"), challenge: value("code_challenge"), redirectUri: value("redirect_uri") };
      codes.set(code, granted);
      back.searchParams.set("code", code);
    } else {
      back.searchParams.set("error", given.faults.error);
    }
    response.writeHead(302, { location: back.href }).end();
  }

  async function redeem(request: IncomingMessage, send: Send): Promise<void> {
    const form = new URLSearchParams(await text(request));
    if (!isClient(request.headers.authorization ?? "")) {
      send(401, { error: "invalid_client" });
      return;
    }
    const code = form.get("code") ?? "";
    const granted = codes.get(code);
    codes.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (granted?.challenge !== challenge || granted.redirectUri !== form.get("redirect_uri")) {
      send(400, { error: "invalid_grant" });
      return;
    }
    send(200, { access_token: randomUUID(), token_type: "Bearer", id_token: await idToken(granted.nonce) });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", issuer);
    requests.push(pathname);
    const send: Send = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const status = given.faults.statusOf?.[pathname];
    if (status !== undefined) {
      // Where nobody may follow.
      response.writeHead(status, { location: `${issuer}/elsewhere` }).end();
      return;
    }
    if (pathname === "/authorize") authorize(searchParams, response);
    else if (pathname === "/token") await redeem(request, send);
    else if (pathname === "/keys") send(200, { keys: [jwk] });
    else if (pathname === "/.well-known/openid-configuration") {
      send(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        // More than anybody should take: a client that trusts this list takes tokens that prove nothing.
        id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
        padding: "x".repeat(given.faults.paddingBytes ?? 0),
        ...given.faults.discovery,
      });
    } else send(404, {});
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // SAFETY: a server that listens on a port has an address of this kind.
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    /** Paths that were asked for, in order. */
    requests,
    given,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type IdentityProvider = Awaited<ReturnType<typeof startIdentityProvider>>;
