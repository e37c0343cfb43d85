/** Sends mails to users. */
export const MAIL_KINDS = [
  "invite",
  "verify",
  "reset",
  "registered-again",
  "password-changed",
  "email-changed",
] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

export type Mail = {
  readonly kind: MailKind;
  /** An e-mail address. */
  readonly to: string;
  /** What the reader hands back; null for a mail that only tells something. */
  readonly token: string | null;
};

export interface Mailer {
  /** Resolves when the mail is on its way; rejects when it is not, and may be sent again. */
  send(mail: Mail): Promise<void>;
}
