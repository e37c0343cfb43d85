/** Sends mails through the platform's e-mail binding. */
import type { Mailer } from "../../ports/mailer.ts";
import { mailText } from "./mail-text.ts";

/** The part of the platform's `SendEmail` that is used. */
export type MailBinding = {
  send(mail: { from: string; to: string; subject: string; text: string }): Promise<unknown>;
};

/** Without a binding every mail is refused, and so kept by its sender: a setting that was forgotten loses none. */
export const bindingMailer = (binding: MailBinding | undefined, from: string, origin: string): Mailer => ({
  async send(mail) {
    if (binding === undefined) throw new Error("MAIL is `binding`, but the Worker has no binding EMAIL");
    await binding.send({ from, to: mail.to, ...mailText(mail, origin) });
  },
});
