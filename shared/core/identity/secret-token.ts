/**
 * Tokens that one object can redeem: their head says which object, their secret is kept only as a hash, their checksum
 * drops a mistyped one without a question. Pure.
 *
 * - Refresh: `aimr_<tenant>_<user>_<session>_<secret>_<checksum>`
 * - Mailed:  `aimt_<purpose>_<tenant>_<user>_<secret>_<checksum>`
 *
 * A secret is 64 digits of base 16, that is 32 random bytes. The checksum is CRC-32 of everything before it.
 */
import { crc32 } from "../crc32.ts";

export const MAILED_PURPOSES = ["reset", "verify", "invite"] as const;
export type MailedPurpose = (typeof MAILED_PURPOSES)[number];
/** `expired` is not mailed: who logs in with a password that is too old is shown it. */
export type TokenPurpose = MailedPurpose | "expired";

/** `tenant` is `ten_…`, `userId` is `usr_…`, `sessionId` is `ses_…`. */
export type RefreshToken = {
  readonly tenant: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly secret: string;
};

export type MailedToken = {
  readonly purpose: TokenPurpose;
  readonly tenant: string;
  readonly userId: string;
  readonly secret: string;
};

const REFRESH = /^aimr_([0-9A-Za-z]{4,32})_([0-9A-Z]{26})_([0-9A-Z]{26})_([0-9a-f]{64})_([0-9a-f]{8})$/;
const MAILED = /^aimt_([a-z]{1,16})_([0-9A-Za-z]{4,32})_([0-9A-Z]{26})_([0-9a-f]{64})_([0-9a-f]{8})$/;
const CHECKSUM_LENGTH = 9;

const checksum = (body: string): string => crc32(body).toString(16).padStart(8, "0");
const sealed = (body: string): string => `${body}_${checksum(body)}`;
const isWhole = (text: string, sum: string): boolean => checksum(text.slice(0, -CHECKSUM_LENGTH)) === sum;

export function formatRefreshToken({ tenant, userId, sessionId, secret }: RefreshToken): string {
  return sealed(`aimr_${tenant.slice(4)}_${userId.slice(4)}_${sessionId.slice(4)}_${secret}`);
}

/** Null for anything that cannot be a refresh token of ours. */
export function parseRefreshToken(text: string): RefreshToken | null {
  const [, tenant = "", user = "", session = "", secret = "", sum = ""] = REFRESH.exec(text) ?? [];
  if (sum === "" || !isWhole(text, sum)) return null;
  return { tenant: `ten_${tenant}`, userId: `usr_${user}`, sessionId: `ses_${session}`, secret };
}

export function formatMailedToken({ purpose, tenant, userId, secret }: MailedToken): string {
  return sealed(`aimt_${purpose}_${tenant.slice(4)}_${userId.slice(4)}_${secret}`);
}

/** Null for anything that cannot be a token of ours, and for a token of another purpose. */
export function parseMailedToken(purpose: TokenPurpose, text: string): MailedToken | null {
  const [, found = "", tenant = "", user = "", secret = "", sum = ""] = MAILED.exec(text) ?? [];
  if (found !== purpose || !isWhole(text, sum)) return null;
  return { purpose, tenant: `ten_${tenant}`, userId: `usr_${user}`, secret };
}
