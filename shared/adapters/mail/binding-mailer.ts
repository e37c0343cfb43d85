/**
 * Sends mails through the platform's e-mail binding. The platform writes the message (RFC 5322) from these parts: `Date`,
 * `Message-ID` and what MIME takes are its own. What could end a header line goes no further than here.
 */
import type { Mail, Mailer } from "../../ports/mailer.ts";
import { mailText } from "./mail-text.ts";
import { isAddress, type Sender, senderOf } from "./sender.ts";

/** The part of the platform's `SendEmail` that is used. */
export type MailBinding = {
  send(mail: { from: Sender | string; to: string; subject: string; text: string }): Promise<unknown>;
};

/** `from` is the setting `MAIL_FROM`. What is refused, here or by the binding, is kept by its sender and tried again. */
export const bindingMailer = (binding: MailBinding | undefined, from: string, origin: string): Mailer => ({
  async send(mail) {
    const sender = senderOf(from);
    if (binding === undefined) throw new Error("MAIL is `binding`, but the Worker has no binding EMAIL");
    if (sender === null) throw new Error("MAIL_FROM is no sender");
    if (!isAddress(mail.to)) throw new Error("The recipient is no address");
    const message = { from: sender.name === "" ? sender.email : sender, to: mail.to, ...mailText(mail, origin) };
    try {
      await binding.send(message);
    } catch (error) {
      throw new Error(`The binding did not take the mail: ${reasonOf(error, mail)}`);
    }
  },
});

/** The binding's own words, for the log: without the recipient, whom they may name, and without the token. */
function reasonOf(error: unknown, { to, token }: Mail): string {
  const words = error instanceof Error ? error.message : "it did not say why";
  const secrets = [to, ...(token === null ? [] : [token])];
  return secrets.reduce((text, secret) => text.replaceAll(secret, "[hidden]"), words);
}
