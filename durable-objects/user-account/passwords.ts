/** Choosing a password, and being asked for it. */
import { assessPassword, type PasswordProblem } from "../../shared/core/identity/password-policy.ts";
import { ok, refuse, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { DUMMY_HASH, hashPassword, verifyPassword } from "../../shared/identity/password-hash.ts";
import type { Account } from "./account.ts";
import type { Policy } from "./policy.ts";
import { invalidCredentials, locked } from "./refusals.ts";
import type { Stores } from "./stores.ts";

const WORDS: Readonly<Record<PasswordProblem, string>> = {
  too_short: "it has fewer than 8 characters",
  too_long: "it has more than 128 characters",
  not_text: "it is not well-formed text",
  no_upper_case: "it has no upper case letter",
  no_lower_case: "it has no lower case letter",
  no_digit: "it has no digit",
  no_special: "it has nothing but letters and digits",
  too_common: "it is a common password",
  too_guessable: "it is easy to guess",
  contains_name: "it contains the address or the user name",
  same_as_before: "it is the one it replaces",
};

/**
 * Refuses what the policy does not accept. `previous` is the password that it replaces, where that is at hand; `pointer`
 * says where in the request it stands.
 */
export function accepted(
  password: string,
  { email, username }: Pick<Account, "email" | "username">,
  { previous = null, pointer = "/password" }: { readonly previous?: string | null; readonly pointer?: string } = {},
): Result<null, Refusal> {
  const names = username === null ? [email] : [email, username];
  const { problems } = assessPassword(password, { names, previous });
  if (problems.length === 0) return ok(null);
  const reasons = problems.map((problem) => `${WORDS[problem]} (${problem})`).join("; ");
  return refuse({ code: "weak_password", detail: `The password is not accepted: ${reasons}.`, pointer });
}

/** Refuses the password that is in use now. Blocks for about 100 ms where there is one. */
export function anotherThanNow({ secrets }: Stores, password: string): Result<null, Refusal> {
  const hash = secrets.get("password");
  if (hash === null || !verifyPassword(password, hash).ok) return ok(null);
  const detail = `The password is not accepted: ${WORDS.same_as_before} (same_as_before).`;
  return refuse({ code: "weak_password", detail, pointer: "/password" });
}

/**
 * Whether the account may get a password, when it has none: who comes in through an identity provider gets one only where
 * the deployment lets them have it.
 */
export const mayHavePassword = ({ secrets, identities }: Stores, { externalPasswords }: Policy): boolean =>
  externalPasswords || secrets.get("password") !== null || identities.providers().length === 0;

/** Keeps the hash. Blocks for about 100 ms. */
export function setPassword({ secrets }: Stores, password: string): void {
  secrets.set("password", hashPassword(password));
}

/**
 * Asks for the password, and counts a wrong one. An account that is not there, or has no password, takes as long and
 * answers alike; a locked one is not even looked at, there or not. Without `await`: no two guesses pass the lock at once.
 */
export function askPassword(
  { secrets, lockout }: Stores,
  account: Account | null,
  password: string,
  nowMs: number,
): Result<Account, Refusal> {
  if (lockout.isLocked(nowMs)) return locked;
  const hash = account === null ? null : secrets.get("password");
  const { ok: right, outdated } = verifyPassword(password, hash ?? DUMMY_HASH);
  if (!right || account === null || hash === null) {
    lockout.fail(nowMs);
    return invalidCredentials;
  }
  if (outdated) secrets.set("password", hashPassword(password));
  return ok(account);
}
