/** Access tokens that a deployment has to refuse, each right but for one thing. */
import { createPublicKey, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { SECRETS } from "../support/secrets.ts";

type Jwk = JsonWebKey & { readonly kid: string; readonly alg: string };

const LIFETIME_S = 1_800;

/** By what is wrong with it. `tenant` exists; the user and the session of the tokens do not. */
export async function forgedTokens(issuer: string, tenant: string): Promise<Readonly<Record<string, string>>> {
  const { keys } = JSON.parse(SECRETS.ACCESS_TOKEN_KEYS) as { keys: Jwk[] };
  const [jwk] = keys;
  if (jwk === undefined) throw new Error("no key");
  const own = await importJWK(jwk, "EdDSA");
  const other = generateKeyPairSync("ed25519").privateKey;
  const publicPem = createPublicKey({ key: jwk, format: "jwk" }).export({ format: "pem", type: "spki" });
  const nowS = Math.floor(Date.now() / 1000);
  const right: JWTPayload = {
    iss: issuer,
    aud: "aima",
    sub: "usr_01K5Q3V9W2X4Y6Z8A0B1C2D3E4",
    sid: "ses_01K5Q3V9W2X4Y6Z8A0B1C2D3E4",
    tid: tenant,
    role: "admin",
    iat: nowS,
    exp: nowS + LIFETIME_S,
    jti: "01K5Q3V9W2X4Y6Z8A0B1C2D3E4",
  };
  const header = { alg: "EdDSA", typ: "at+jwt", kid: jwk.kid };
  const signed = (claims: JWTPayload, head: object = {}, key: Parameters<SignJWT["sign"]>[0] = own): Promise<string> =>
    new SignJWT({ ...right, ...claims }).setProtectedHeader({ ...header, ...head }).sign(key);
  const { exp: _end, ...endless } = right;
  const whole = await signed({});
  const [head = "", claims = "", signature = ""] = whole.split(".");
  const changed = Buffer.from(JSON.stringify({ ...right, role: "user" })).toString("base64url");
  return {
    "no such session": whole,
    expired: await signed({ iat: nowS - 2 * LIFETIME_S, exp: nowS - LIFETIME_S }),
    "without an end": await new SignJWT(endless).setProtectedHeader(header).sign(own),
    "without a signature": new UnsecuredJWT(right).encode(),
    "signed by HMAC with the public key": await signed({}, { alg: "HS256" }, Buffer.from(publicPem)),
    "another issuer": await signed({ iss: "https://issuer.example" }),
    "another audience": await signed({ aud: "other" }),
    "another type": await signed({}, { typ: "JWT" }),
    "an unknown key id": await signed({}, { kid: "unknown" }),
    "signed by another key": await signed({}, {}, other),
    "changed claims": `${head}.${changed}.${signature}`,
    "cut short": `${head}.${claims}.`,
  };
}
