import { z } from "zod";
import { ROLES } from "../../../../shared/core/access/permissions.ts";
import { TenantId } from "../../../../shared/contracts/asset.ts";
import { SessionId, SessionView, UserId, UserView } from "../../../../shared/contracts/user.ts";
import { documentation } from "../../schemas.ts";

const registry = documentation.openAPIRegistry;

export const UserBody = registry.register("User", UserView);
export const SessionBody = registry.register("Session", SessionView);

export const TokensBody = registry.register(
  "SessionTokens",
  z.strictObject({
    accessToken: z.string().describe("For `Authorization: Bearer …`"),
    tokenType: z.literal("Bearer"),
    expiresInSeconds: z.int().min(1).describe("Of the access token"),
    refreshToken: z.string().describe("For the next access token; good once"),
    sessionId: SessionId,
    sessionExpiresAt: z.iso.datetime().describe("When the session ends, however often it is refreshed"),
    tenant: TenantId,
    userId: UserId,
    role: z.enum(ROLES),
  }),
);

/** Mailed tokens and refresh tokens; the checksum in them is looked at before anything else. */
export const Token = z.string().min(1).max(256);

/** Only for the description, here and below. */
export const USER_EXAMPLE = {
  id: "usr_01M85NKE4DP0RP9DAQ2HN40J9C",
  email: "ada@example.com",
  emailVerified: true,
  username: "ada",
  fullName: "Ada Lovelace",
  role: "user",
  permissions: ["users:read"],
  status: "active",
  totp: false,
  identities: [],
  passwordChangedAt: "2026-11-25T09:00:00.000Z",
  lastLogInAt: "2026-11-25T09:30:00.000Z",
  logIns: 3,
  createdAt: "2026-11-24T09:00:00.000Z",
  updatedAt: "2026-11-25T09:00:00.000Z",
  version: 4,
} as const;

export const SESSION_EXAMPLE = {
  id: "ses_01M85NKE4DP0RP9DAQ2HN40J9C",
  method: "password",
  userAgent: "curl/8.5.0",
  address: "203.0.113.7",
  createdAt: "2026-11-25T09:30:00.000Z",
  refreshedAt: "2026-11-25T10:00:00.000Z",
  expiresAt: "2026-11-25T17:30:00.000Z",
} as const;

export const TOKENS_EXAMPLE = {
  accessToken: "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9…",
  tokenType: "Bearer",
  expiresInSeconds: 1800,
  refreshToken: "aimr_01M85NKE_01M85NKE4DP0RP9DAQ2HN40J9C_01M85NKE4DP0RP9DAQ2HN40J9C_…",
  sessionId: SESSION_EXAMPLE.id,
  sessionExpiresAt: "2026-11-25T17:30:00.000Z",
  tenant: "ten_01M85NKE",
  userId: USER_EXAMPLE.id,
  role: "user",
} as const;
