/** When a password is too old to log in with. Pure; times in milliseconds, `maxAgeMs` null for never. */
export const isTooOld = (changedAtMs: number, maxAgeMs: number | null, nowMs: number): boolean =>
  maxAgeMs !== null && nowMs - changedAtMs >= maxAgeMs;
