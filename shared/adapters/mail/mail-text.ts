/** What a mail says. Plain text: nothing that a mail program would run, load or follow by itself. */
import type { Mail, MailKind } from "../../ports/mailer.ts";

const SUBJECTS: Readonly<Record<MailKind, string>> = {
  invite: "You are invited to AIMA",
  verify: "Confirm your e-mail address",
  reset: "Choose a new password",
  "registered-again": "You have an account already",
  "password-changed": "Your password was changed",
  "email-changed": "Your e-mail address was changed",
};

const TEXTS: Readonly<Record<MailKind, string>> = {
  invite: "Somebody invited you. Within 7 days, choose a password with this token:",
  verify: "Within 24 hours, confirm that this address is yours with this token:",
  reset: "Within an hour, choose a new password with this token. If you did not ask for it, leave it alone:",
  "registered-again":
    "Somebody tried to register with this address. You have an account already; log in, or reset its password.",
  "password-changed":
    "The password of your account was changed. If that was not you, reset it and tell your administrator.",
  "email-changed": "Your account has another e-mail address now. If that was not you, tell your administrator.",
};

/** `origin` is where the service is reached. */
export function mailText({ kind, token }: Mail, origin: string): { readonly subject: string; readonly text: string } {
  const use = `The application that you use takes it, or the command line: aima --url ${origin} redeem`;
  const lines = [TEXTS[kind], ...(token === null ? [] : ["", token, "", use]), "", origin, ""];
  return { subject: SUBJECTS[kind], text: lines.join("\n") };
}
