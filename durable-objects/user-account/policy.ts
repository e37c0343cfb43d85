/** What the deployment asks of passwords. */
export type Policy = {
  /** From this age on a password opens nothing but its own change. Null for never. */
  readonly passwordMaxAgeMs: number | null;
  /** Whether who comes in through an identity provider, and has no password, may set one. */
  readonly externalPasswords: boolean;
};

const DAY_MS = 86_400_000;

/** The settings are those that the Worker has checked. */
export function policyOf(settings: Pick<Env, "PASSWORD_MAX_AGE_DAYS" | "EXTERNAL_PASSWORDS">): Policy {
  const days = Number(settings.PASSWORD_MAX_AGE_DAYS);
  const externalPasswords: string = settings.EXTERNAL_PASSWORDS;
  return {
    passwordMaxAgeMs: days === 0 ? null : days * DAY_MS,
    externalPasswords: externalPasswords === "allowed",
  };
}
