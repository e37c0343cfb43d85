/** The authenticator of an account, and the codes that stand in for a lost one. */
import { z } from "zod";
import { ok, type Result } from "../../shared/core/result.ts";
import type { Refusal } from "../../shared/errors/refusal.ts";
import { newRecoveryCodes, spendRecoveryCode } from "../../shared/identity/recovery-codes.ts";
import { open, seal } from "../../shared/identity/seal.ts";
import { newTotpSecret, totpUri, verifyTotp } from "../../shared/identity/totp.ts";
import type { Account } from "./account.ts";
import { invalidCredentials, notEnrolled, totpRequired } from "./refusals.ts";
import type { SecretName } from "./secrets.ts";
import type { Stores } from "./stores.ts";

const Hashes = z.array(z.string());

const contextOf = ({ tenant, userId }: Account): string => `totp of ${tenant}/${userId}`;

export const hasTotp = ({ secrets }: Stores): boolean => secrets.get("totp") !== null;

function secretOf({ secrets, keys }: Stores, account: Account, name: SecretName): string | null {
  const sealed = secrets.get(name);
  if (sealed === null) return null;
  const secret = open(keys, sealed, contextOf(account));
  // Nobody gets in by losing a key of the platform.
  if (secret === null) throw new Error("A second factor is sealed with a key that is not configured");
  return secret;
}

/** Waits for its confirmation; an authenticator that is in use stays in use until then. */
export function enrol({ secrets, keys }: Stores, account: Account): { secret: string; uri: string } {
  const secret = newTotpSecret();
  secrets.set("totp-pending", seal(keys, secret, contextOf(account)));
  return { secret, uri: totpUri(secret, account.email) };
}

/** The first code puts the authenticator in use. */
export function confirm(stores: Stores, account: Account, code: string, nowMs: number): Result<null, Refusal> {
  const secret = secretOf(stores, account, "totp-pending");
  if (secret === null) return notEnrolled;
  const step = verifyTotp(secret, code, nowMs, -1);
  if (step === null) return invalidCredentials;
  stores.secrets.set("totp", seal(stores.keys, secret, contextOf(account)));
  stores.secrets.set("totp-step", String(step));
  stores.secrets.remove("totp-pending");
  return ok(null);
}

export function disable({ secrets }: Stores): void {
  secrets.remove("totp", "totp-pending", "totp-step", "recovery");
}

/** They take the place of all others, and are shown this once. */
export function renewRecovery({ secrets }: Stores): readonly string[] {
  const { codes, hashes } = newRecoveryCodes();
  secrets.set("recovery", JSON.stringify(hashes));
  return codes;
}

/** Asks for the second factor, where there is one, and spends what was given. */
export function askSecondFactor(
  stores: Stores,
  account: Account,
  { totp, recoveryCode }: { readonly totp: string | null; readonly recoveryCode: string | null },
  nowMs: number,
): Result<null, Refusal> {
  const { secrets, lockout } = stores;
  const secret = secretOf(stores, account, "totp");
  if (secret === null) return ok(null);
  if (totp === null && recoveryCode === null) return totpRequired;
  if (totp !== null) {
    const step = verifyTotp(secret, totp, nowMs, Number(secrets.get("totp-step") ?? -1));
    if (step !== null) {
      secrets.set("totp-step", String(step));
      return ok(null);
    }
  } else if (recoveryCode !== null) {
    const left = spendRecoveryCode(Hashes.parse(JSON.parse(secrets.get("recovery") ?? "[]")), recoveryCode);
    if (left !== null) {
      secrets.set("recovery", JSON.stringify(left));
      return ok(null);
    }
  }
  lockout.fail(nowMs);
  return invalidCredentials;
}
