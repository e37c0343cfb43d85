import { expect, it } from "vitest";
import { SECRETS } from "../test/support/secrets.ts";
import { settingsOf } from "./env.ts";

const COMPLETE = {
  ...SECRETS,
  ENVIRONMENT: "dev",
  PUBLIC_ORIGIN: "http://localhost:8787",
  VECTOR_INDEX: "pgvector",
  MAX_UPLOAD_BYTES: "1",
  DELETED_RETENTION_HOURS: "0",
  DEAD_LETTERS_MAX: "1",
  DEAD_LETTERS_MAX_DAYS: "1",
  NEON_LOCAL: "",
  REGISTRATION: "closed",
  CORS_ORIGINS: "",
  RATE_LIMITS: "",
  OIDC_PROVIDERS: "",
  MAIL: "log",
  MAIL_FROM: "AIMA <no-reply@example.com>",
  AUDIT_RETENTION_DAYS: "400",
};
// SAFETY: the settings are read from the texts, not from the bindings.
const settings = (over: object) => settingsOf({ ...COMPLETE, ...over } as unknown as Env);

it("takes an identity provider without https in development only, and names no value of what it refuses", () => {
  const providers = [
    { id: "corp", tenant: "ten_one1", issuer: "http://127.0.0.1:9000", clientId: "aima", clientSecret: "s3cret" },
  ];
  const OIDC_PROVIDERS = JSON.stringify(providers);
  expect(settings({ OIDC_PROVIDERS }).OIDC_PROVIDERS).toMatchObject(providers);
  for (const ENVIRONMENT of ["staging", "production"]) {
    expect(() => settings({ OIDC_PROVIDERS, ENVIRONMENT })).toThrow(
      /^The environment is not complete: OIDC_PROVIDERS$/,
    );
  }
  expect(() => settings({ OIDC_PROVIDERS: `${OIDC_PROVIDERS},` })).toThrow(
    /^The environment is not complete: OIDC_PROVIDERS$/,
  );
});
