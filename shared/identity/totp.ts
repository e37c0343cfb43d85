/** Time-based one-time passwords (RFC 6238) as every authenticator app has them: SHA-1, 6 digits, steps of 30 s. */
import { timingSafeEqual } from "node:crypto";
import { HOTP, Secret, TOTP } from "otpauth";

const STEP_MS = 30_000;
const DIGITS = 6;
/** How many steps a clock may be ahead or behind. */
const WINDOW_STEPS = 1;

/** 20 random bytes in base 32: what is sealed and stored. */
export const newTotpSecret = (): string => new Secret({ size: 20 }).base32;

/** What an authenticator app reads as a QR code. */
export const totpUri = (secret: string, label: string): string =>
  new TOTP({ issuer: "AIMA", label, secret: Secret.fromBase32(secret), digits: DIGITS }).toString();

/**
 * The step that the code belongs to, or null for a wrong code. Keep the step and give it back as `lastStep` (-1 at
 * first): a step that has been used, and every one before it, is refused.
 */
export function verifyTotp(secret: string, code: string, nowMs: number, lastStep: number): number | null {
  const digits = code.replaceAll(" ", "");
  if (!/^[0-9]{6}$/.test(digits)) return null;
  const key = Secret.fromBase32(secret);
  const now = Math.floor(nowMs / STEP_MS);
  let used: number | null = null;
  for (let step = now - WINDOW_STEPS; step <= now + WINDOW_STEPS; step += 1) {
    const expected = HOTP.generate({ secret: key, counter: Math.max(step, 0), digits: DIGITS });
    const fits = timingSafeEqual(Buffer.from(expected), Buffer.from(digits));
    if (fits && step > lastStep && used === null) used = step;
  }
  return used;
}
