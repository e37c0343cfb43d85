/** The second factor: enrolled, confirmed, taken away. The user has to prove that it is them. */
import { z } from "zod";
import type { Proof } from "../../../../shared/contracts/account.ts";
import type { Principal } from "../../../../shared/contracts/principal.ts";
import { Password } from "../../../../shared/contracts/user.ts";
import type { ApiDeps } from "../../deps.ts";
import { refused } from "../../problem.ts";
import { defineRoute } from "../../route.ts";
import { Nothing } from "../../schemas.ts";
import { selfOf } from "./caller.ts";

const common = { tag: "auth", permission: "account:self", params: Nothing, query: Nothing } as const;
const AgainPassword = z.strictObject({
  password: Password.optional().describe(
    "Needed where the account has one; without one the login at the identity provider counts for ten minutes",
  ),
});
const proofOf = (principal: Principal | null, { password }: z.output<typeof AgainPassword>): Proof => ({
  password: password ?? null,
  sessionId: selfOf(principal).sessionId,
});
const refusals = ["invalid_credentials", "account_locked", "reauthentication_required"] as const;
const passwordExample = { password: "Correct-Horse-7-Staple" };
const Enrolment = z.strictObject({
  secret: z.string().describe("In base 32, for typing"),
  uri: z.string().describe("`otpauth:` address, for a QR code"),
});
const Codes = z.strictObject({ recoveryCodes: z.array(z.string()).describe("Ten, each good once; shown this once") });
const codesExample = { recoveryCodes: ["7k3m-q9xv-2h4t"] };
const mine = (deps: ApiDeps, tenant: string, principal: Principal | null) =>
  deps.accounts(tenant, selfOf(principal).userId);

export const enrolTotp = defineRoute({
  ...common,
  method: "post",
  path: "/v1/auth/totp",
  operationId: "enrolTotp",
  summary: "Enrol a second factor",
  description:
    "Shows a secret for an authenticator, once. It is asked for at a login with the password after a code has confirmed it; at a login through an identity provider the provider answers for it.",
  body: AgainPassword,
  bodyExample: passwordExample,
  responses: {
    200: {
      description: "The secret",
      schema: Enrolment,
      example: { secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/AIMA:ada@example.com?secret=JBSWY3DPEHPK3PXP" },
    },
  },
  problems: refusals,
  handle: async ({ c, deps, tenant, body }) => {
    const enrolled = await mine(deps, tenant, c.var.principal).enrolTotp(proofOf(c.var.principal, body));
    return enrolled.ok ? c.json(enrolled.value) : refused(c, enrolled.error);
  },
});

export const confirmTotp = defineRoute({
  ...common,
  method: "post",
  path: "/v1/auth/totp/confirm",
  operationId: "confirmTotp",
  summary: "Confirm the second factor",
  description: "With a code of the authenticator. From here on a login takes one, or a recovery code.",
  body: z.strictObject({ code: z.string().regex(/^\d{6}$/) }),
  bodyExample: { code: "492039" },
  responses: { 200: { description: "It counts", schema: Codes, example: codesExample } },
  problems: ["totp_not_enrolled", "invalid_credentials", "account_locked"],
  handle: async ({ c, deps, tenant, body }) => {
    const confirmed = await mine(deps, tenant, c.var.principal).confirmTotp(body.code);
    return confirmed.ok ? c.json(confirmed.value) : refused(c, confirmed.error);
  },
});

export const disableTotp = defineRoute({
  ...common,
  method: "delete",
  path: "/v1/auth/totp",
  operationId: "disableTotp",
  summary: "Take the second factor away",
  description: "Its secret and the recovery codes are forgotten. The body has the password.",
  body: AgainPassword,
  bodyExample: passwordExample,
  responses: { 204: { description: "A login takes the password alone" } },
  problems: [...refusals, "totp_not_enrolled"],
  handle: async ({ c, deps, tenant, body }) => {
    const disabled = await mine(deps, tenant, c.var.principal).disableTotp(proofOf(c.var.principal, body));
    return disabled.ok ? c.body(null, 204) : refused(c, disabled.error);
  },
});

export const renewRecoveryCodes = defineRoute({
  ...common,
  method: "post",
  path: "/v1/auth/totp/recovery-codes",
  operationId: "renewRecoveryCodes",
  summary: "Get new recovery codes",
  description: "The old ones are void.",
  body: AgainPassword,
  bodyExample: passwordExample,
  responses: { 200: { description: "The new codes", schema: Codes, example: codesExample } },
  problems: [...refusals, "totp_not_enrolled"],
  handle: async ({ c, deps, tenant, body }) => {
    const renewed = await mine(deps, tenant, c.var.principal).renewRecoveryCodes(proofOf(c.var.principal, body));
    return renewed.ok ? c.json(renewed.value) : refused(c, renewed.error);
  },
});
