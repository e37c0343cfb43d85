/**
 * Which passwords are accepted. Pure.
 *
 * P1 8 to 128 characters, with an upper and a lower case letter, a digit and something that is neither.
 * P2 Not a common password, however it is decorated: digits and signs around a common word, or signs in place of
 *    letters, do not make it another one.
 * P3 It contains neither the e-mail address (nor the part before the at sign) nor the username.
 * P4 It differs from the one it replaces.
 */
import { COMMON_WORDS } from "./common-passwords.ts";

export const PASSWORD_PROBLEMS = [
  "too_short",
  "too_long",
  "not_text",
  "no_upper_case",
  "no_lower_case",
  "no_digit",
  "no_special",
  "too_common",
  "too_guessable",
  "contains_name",
  "same_as_before",
] as const;

export type PasswordProblem = (typeof PASSWORD_PROBLEMS)[number];
export type PasswordStrength = "very_weak" | "weak" | "medium" | "strong";

export type PasswordAssessment = {
  /** Empty for a password that is accepted. */
  readonly problems: readonly PasswordProblem[];
  readonly strength: PasswordStrength;
};

export type PasswordContext = {
  /** The e-mail address, username and whatever else names its owner. */
  readonly names: readonly string[];
  /** The password that it replaces, where that is at hand; null otherwise. */
  readonly previous: string | null;
};

const MIN_CHARACTERS = 8;
const MAX_CHARACTERS = 128;
/** Shorter names occur in too many words. */
const MIN_NAME_CHARACTERS = 3;

/** Rows of keys and the orders everybody knows; a step along one, either way, is no surprise. */
const ORDERS = [
  "0123456789",
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "azertyuiop",
];
/** What a character is worth that repeats or continues the one before it. */
const FORESEEABLE = 0.25;

const LOOKALIKES: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "l",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  "!": "i",
  "|": "l",
};

const plainly = (text: string): string =>
  Array.from(text)
    .map((each) => LOOKALIKES[each] ?? each)
    .join("");
const lettersWithin = (text: string): string => text.replace(/^[^a-z]+/, "").replace(/[^a-z]+$/, "");

/** The words a decorated password may stand for: decoration taken off before and after look-alikes are read. */
function readings(password: string): readonly string[] {
  const lower = password.toLowerCase();
  const bare = lettersWithin(lower);
  const digitsOff = lower.replace(/[0-9]+[^a-z0-9]*$/, "").replace(/[^a-z0-9@$]+$/, "");
  return [lower, bare, plainly(bare), plainly(digitsOff), plainly(lower), lettersWithin(plainly(lower))];
}

const isCommon = (password: string): boolean => readings(password).some((each) => COMMON_WORDS.has(each));

function continues(before: string, now: string): boolean {
  if (before === now) return true;
  return ORDERS.some((order) => order.includes(before + now) || order.includes(now + before));
}

function poolSize(password: string): number {
  let size = 0;
  if (/\p{Ll}/u.test(password)) size += 26;
  if (/\p{Lu}/u.test(password)) size += 26;
  if (/\p{Nd}/u.test(password)) size += 10;
  if (/[^\p{Ll}\p{Lu}\p{Nd}]/u.test(password)) size += 33;
  return Math.max(size, 1);
}

/** What guessing takes at most, in bits: as if drawn at random from the kinds of characters it has. */
function guessBits(password: string): number {
  const characters = Array.from(password.toLowerCase());
  let surprises = 0;
  for (const [at, each] of characters.entries()) {
    const before = characters[at - 1];
    surprises += before !== undefined && continues(before, each) ? FORESEEABLE : 1;
  }
  return Math.min(surprises, new Set(characters).size * 2) * Math.log2(poolSize(password));
}

/** The bounds lie between what 5, 8 and 11 random characters of all kinds have (33, 53 and 72 bits). */
function strengthOf(password: string): PasswordStrength {
  const bits = isCommon(password) ? 0 : guessBits(password);
  if (bits < 33) return "very_weak";
  if (bits < 48) return "weak";
  return bits < 72 ? "medium" : "strong";
}

function containsName(password: string, names: readonly string[]): boolean {
  const lower = password.toLowerCase();
  const parts = names.flatMap((name) => [name, name.split("@")[0] ?? ""]).map((name) => name.trim().toLowerCase());
  return parts.some((part) => part.length >= MIN_NAME_CHARACTERS && lower.includes(part));
}

/** All that is wrong with a password, in the order of `PASSWORD_PROBLEMS`. */
export function assessPassword(password: string, { names, previous }: PasswordContext): PasswordAssessment {
  const length = Array.from(password).length;
  const strength = strengthOf(password.slice(0, MAX_CHARACTERS * 2));
  const has: Readonly<Record<PasswordProblem, boolean>> = {
    too_short: length < MIN_CHARACTERS,
    too_long: length > MAX_CHARACTERS,
    not_text: !password.isWellFormed(),
    no_upper_case: !/\p{Lu}/u.test(password),
    no_lower_case: !/\p{Ll}/u.test(password),
    no_digit: !/\p{Nd}/u.test(password),
    no_special: !/[^\p{L}\p{N}]/u.test(password),
    too_common: isCommon(password),
    too_guessable: strength === "very_weak",
    contains_name: containsName(password, names),
    same_as_before: previous !== null && password.normalize("NFKC") === previous.normalize("NFKC"),
  };
  return { problems: PASSWORD_PROBLEMS.filter((problem) => has[problem]), strength };
}
