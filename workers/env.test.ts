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
  PASSWORD_MAX_AGE_DAYS: "90",
  EXTERNAL_PASSWORDS: "allowed",
  CORS_ORIGINS: "",
  RATE_LIMITS: "",
  OIDC_PROVIDERS: "",
  OIDC_LOOPBACK: "",
  MAIL: "log",
  MAIL_FROM: "AIMA <no-reply@example.com>",
  AUDIT_RETENTION_DAYS: "400",
};
// SAFETY: the settings are read from the texts, not from the bindings.
const settings = (over: object) => settingsOf({ ...COMPLETE, ...over } as unknown as Env);

const CORP = { id: "corp", tenant: "ten_one1", issuer: "https://id.example.com", clientId: "aima" };
const listed = (...more: object[]): string => JSON.stringify(more.map((each) => ({ ...CORP, ...each })));
const refusing = (...names: string[]): RegExp => new RegExp(`^The environment is not complete: ${names.join(", ")}$`);

it("asks identity providers on this machine where OIDC_LOOPBACK says so, in development only", () => {
  const OIDC_PROVIDERS = listed({ issuer: "http://127.0.0.1:9000" });
  expect(settings({ OIDC_PROVIDERS, OIDC_LOOPBACK: "allow" }).OIDC_PROVIDERS).toHaveLength(1);
  expect(() => settings({ OIDC_PROVIDERS })).toThrow(refusing("OIDC_PROVIDERS"));
  expect(() => settings({ OIDC_PROVIDERS: listed({ issuer: "https://localhost:9000" }) })).toThrow(
    refusing("OIDC_PROVIDERS"),
  );
  for (const ENVIRONMENT of ["staging", "production"]) {
    expect(() => settings({ OIDC_LOOPBACK: "allow", ENVIRONMENT })).toThrow(refusing("OIDC_LOOPBACK"));
  }
});

it("takes a client's secret from the secret that the provider names, and says which one is not set", () => {
  const OIDC_PROVIDERS = listed({ clientSecretRef: "OIDC_SECRET_CORP" }, { id: "public" });
  const found = settings({ OIDC_PROVIDERS, OIDC_SECRET_CORP: "s3cret" }).OIDC_PROVIDERS;
  expect(found.map(({ id, clientSecret }) => [id, clientSecret])).toEqual([
    ["corp", "s3cret"],
    ["public", null],
  ]);
  expect(() => settings({ OIDC_PROVIDERS })).toThrow(refusing("OIDC_SECRET_CORP"));
  expect(() => settings({ OIDC_PROVIDERS, OIDC_SECRET_CORP: "" })).toThrow(refusing("OIDC_SECRET_CORP"));
});

it("names no value of what it refuses", () => {
  expect(() => settings({ OIDC_PROVIDERS: `${listed()},` })).toThrow(refusing("OIDC_PROVIDERS"));
  expect(() => settings({ OIDC_PROVIDERS: listed({ clientSecret: "s3cret" }) })).toThrow(refusing("OIDC_PROVIDERS.0"));
  expect(() => settings({ MAIL_FROM: "AIMA <a@example.com>\r\nBcc: eve@example.com", MAIL: "pigeon" })).toThrow(
    refusing("MAIL", "MAIL_FROM"),
  );
});

it("takes an age of passwords in whole days, and no other word for who may have one", () => {
  expect(settings({ PASSWORD_MAX_AGE_DAYS: "0" }).PASSWORD_MAX_AGE_DAYS).toBe(0);
  for (const PASSWORD_MAX_AGE_DAYS of ["", "-1", "1.5", "ninety", "3651"]) {
    expect(() => settings({ PASSWORD_MAX_AGE_DAYS })).toThrow(refusing("PASSWORD_MAX_AGE_DAYS"));
  }
  expect(() => settings({ EXTERNAL_PASSWORDS: "yes" })).toThrow(refusing("EXTERNAL_PASSWORDS"));
});
