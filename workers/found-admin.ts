/** The first admin of a tenant: made with the bootstrap secret, active at once, the address taken as proven. */
import { createHash, createHmac } from "node:crypto";
import { tenantObject, userAccount } from "../durable-objects/addresses.ts";
import { newId } from "../shared/core/ids.ts";
import { assessPassword } from "../shared/core/identity/password-policy.ts";
import type { Refusal } from "../shared/errors/refusal.ts";
import { enter } from "./api/routes/users/membership.ts";
import { settingsOf } from "./env.ts";

/**
 * Null when the admin is there. Repeated with the same address and password it changes nothing. Refused: `weak_password`,
 * and `email_taken` or `idempotency_conflict` for an address that has another account or password.
 */
export async function foundAdmin(
  env: Env,
  tenant: string,
  { email, password }: { email: string; password: string },
): Promise<Refusal | null> {
  const { problems } = assessPassword(password, { names: [email], previous: null });
  if (problems.length > 0) return { code: "weak_password", detail: `The password is refused: ${problems.join(", ")}.` };
  const deps = {
    members: (id: string) => tenantObject(env, id),
    accounts: (id: string, userId: string) => userAccount(env, id, userId),
    newUserId: () => newId("usr", Date.now(), crypto.getRandomValues(new Uint8Array(16))),
  };
  const once = {
    key: `foundAdmin:${createHash("sha256").update(email).digest("hex")}`,
    // Keyed: what is kept of the password cannot be tried out.
    fingerprint: createHmac("sha256", settingsOf(env).BOOTSTRAP_SECRET).update(`${email}\n${password}`).digest("hex"),
  };
  const names = { email, username: null, fullName: null };
  const admin = { ...names, role: "admin", permissions: [], kind: "founded", password } as const;
  const entered = await enter(deps, tenant, admin, once);
  return entered.ok ? null : entered.error;
}
