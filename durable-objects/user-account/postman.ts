/** Sends the mails of an account through the mailer that the setting `MAIL` names. */
import { bindingMailer } from "../../shared/adapters/mail/binding-mailer.ts";
import { logMailer } from "../../shared/adapters/mail/log-mailer.ts";
import type { Mailer } from "../../shared/ports/mailer.ts";
import type { MailStore } from "./mails.ts";

export class Postman {
  readonly #mails: MailStore;
  readonly #mailer: Mailer;
  #underWay: Promise<void> | null = null;

  constructor(mails: MailStore, env: Env) {
    this.#mails = mails;
    this.#mailer = mailerOf(env);
  }

  /** Never rejects: what does not go out stays, and is due again later. One at a time, so that no mail goes out twice. */
  async deliver(): Promise<void> {
    this.#underWay ??= this.#deliverDue().finally(() => {
      this.#underWay = null;
    });
    await this.#underWay;
  }

  /** One JSON line for the operator; never an address or a token. */
  fault(event: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    // eslint-disable-next-line no-console -- the platform's log is the console
    console.error(JSON.stringify({ event, object: "UserAccount", error: message }));
  }

  async #deliverDue(): Promise<void> {
    for (const due of this.#mails.due(Date.now())) {
      try {
        await this.#mailer.send(due.mail);
        this.#mails.sent(due.id);
      } catch (error) {
        this.#mails.failed(due, Date.now());
        this.fault("mail_failed", error);
      }
    }
  }
}

function mailerOf(env: Env): Mailer {
  const setting: string = env.MAIL;
  if (setting === "binding") return bindingMailer(env.EMAIL, env.MAIL_FROM, env.PUBLIC_ORIGIN);
  // eslint-disable-next-line no-console -- the platform's log is the console
  return logMailer((line) => console.log(line), env.ENVIRONMENT === "dev");
}
