import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** Who may connect, and to which database. */
export type Credentials = { readonly user: string; readonly password: string; readonly database: string };

/** Why a connection is refused, with the code PostgreSQL gives it. */
export type LoginRefusal = { readonly code: "28P01" | "3D000" | "08P01"; readonly message: string };

/** Null when the login is right. The password is compared in constant time. */
export function checkLogin(expected: Credentials, given: Credentials): LoginRefusal | null {
  const passwordFits = timingSafeEqual(digest(given.password), digest(expected.password));
  if (given.user !== expected.user || !passwordFits) {
    return { code: "28P01", message: `password authentication failed for user "${given.user}"` };
  }
  if (given.database !== expected.database) {
    return { code: "3D000", message: `database "${given.database}" does not exist` };
  }
  return null;
}

/** The login written in a connection string, or null when it is none. */
export function loginOf(connectionString: string): Credentials | null {
  const url = z.url({ protocol: /^postgres(ql)?$/ }).safeParse(connectionString);
  if (!url.success) return null;
  const { username, password, pathname } = new URL(connectionString);
  return {
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
