/** A user of a tenant and their sessions, as the API shows them. */
import { z } from "zod";
import { PERMISSIONS, ROLES } from "../core/access/permissions.ts";
import { normaliseEmail, normaliseUsername } from "../core/identity/names.ts";

export const UserId = z.string().regex(/^usr_[0-9A-Z]{26}$/);
export const SessionId = z.string().regex(/^ses_[0-9A-Z]{26}$/);

/**
 * `invited`: has not chosen a password yet. `unverified`: registered, the address is not proven. Only an `active` user gets
 * in. `deleted` is one way.
 */
export const UserStatus = z.enum(["invited", "unverified", "active", "suspended", "deleted"]);
export type UserStatus = z.infer<typeof UserStatus>;

const instant = z.iso.datetime({ offset: true });

/** What may be granted beside a role: never the platform's, nor what everybody has. */
export const GrantablePermission = z.enum(
  PERMISSIONS.filter((each) => each !== "platform:operate" && each !== "account:self"),
);
export type GrantablePermission = z.infer<typeof GrantablePermission>;

const normalised = (normal: (text: string) => string | null, message: string) =>
  z
    .string()
    .max(320)
    .transform((text, context) => {
      const value = normal(text);
      if (value !== null) return value;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    });

/** In its normal form: lower case, ASCII. */
export const Email = normalised(normaliseEmail, "This is no e-mail address.");
/** In its normal form: lower case. */
export const Username = normalised(normaliseUsername, "3 to 50 letters, digits, `_` and `-`.");
export const FullName = z.string().trim().min(1).max(200);
/** As it is typed; the policy judges it, and a longer one is not even read. */
export const Password = z.string().min(1).max(1024);

export const UserView = z.strictObject({
  id: UserId,
  email: z.string(),
  emailVerified: z.boolean(),
  username: z.string().nullable(),
  fullName: z.string().nullable(),
  role: z.enum(ROLES),
  /** Granted beside those of the role. */
  permissions: z.array(GrantablePermission),
  status: UserStatus,
  /** Whether a second factor is asked for at login. */
  totp: z.boolean(),
  /** Identity providers that the account is linked to. */
  identities: z.array(z.string()),
  passwordChangedAt: instant.nullable(),
  lastLogInAt: instant.nullable(),
  logIns: z.int().min(0),
  createdAt: instant,
  updatedAt: instant,
  /** Counts the changes an administrator or the user made: the number in the `ETag`. */
  version: z.int().min(1),
});
export type UserView = z.infer<typeof UserView>;

/** `deleted` ones are in no list. */
export const ListedStatus = UserStatus.exclude(["deleted"]);
export type ListedStatus = z.infer<typeof ListedStatus>;

/** A user as the list shows them. */
export const ListedUser = UserView.pick({
  id: true,
  email: true,
  emailVerified: true,
  username: true,
  fullName: true,
  role: true,
  totp: true,
  passwordChangedAt: true,
  lastLogInAt: true,
  logIns: true,
  createdAt: true,
}).extend({ status: ListedStatus });
export type ListedUser = z.infer<typeof ListedUser>;

export const SessionView = z.strictObject({
  id: SessionId,
  /** How it was opened: `password`, or the name of an identity provider. */
  method: z.string(),
  userAgent: z.string().nullable(),
  address: z.string(),
  createdAt: instant,
  refreshedAt: instant,
  expiresAt: instant,
});
export type SessionView = z.infer<typeof SessionView>;

export const InviteUser = z.strictObject({
  email: Email,
  username: Username.optional(),
  fullName: FullName.optional(),
  role: z.enum(ROLES),
  permissions: z.array(GrantablePermission).max(40).default([]),
});
export type InviteUser = z.infer<typeof InviteUser>;

/** What is left out stays; null takes the name away. */
export const UpdateUser = z.strictObject({
  email: Email.optional(),
  username: Username.nullable().optional(),
  fullName: FullName.nullable().optional(),
});
export type UpdateUser = z.infer<typeof UpdateUser>;

export const ChangeRole = z.strictObject({
  role: z.enum(ROLES),
  permissions: z.array(GrantablePermission).max(40).optional(),
});
export type ChangeRole = z.infer<typeof ChangeRole>;
