/**
 * Sends mails through the platform's e-mail binding. The platform writes the message (RFC 5322) from these parts: `Date`,
 * `Message-ID` and what MIME takes are its own. What could end a header line goes no further than here.
 */
import type { Mailer } from "../../ports/mailer.ts";
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
    await binding.send({
      from: sender.name === "" ? sender.email : sender,
      to: mail.to,
      ...mailText(mail, origin),
    });
  },
});
