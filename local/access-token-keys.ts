/** A new key for access tokens, as the deployment's secret `ACCESS_TOKEN_KEYS` has it. */
import { generateKeyPairSync, randomBytes } from "node:crypto";

/** A JWK set with one private Ed25519 key. */
export function newAccessTokenKeys(): string {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const kid = randomBytes(6).toString("hex");
  return JSON.stringify({ keys: [{ ...jwk, kid, alg: "EdDSA", use: "sig" }] });
}
