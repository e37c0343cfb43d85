/** Writes mails to the log instead of sending them, for local work. A token is shown only where nobody else reads the log. */
import type { Mailer } from "../../ports/mailer.ts";

export const logMailer = (write: (line: string) => void, showTokens: boolean): Mailer => ({
  send({ kind, to, token }) {
    const shown = token === null || showTokens ? token : "[hidden]";
    write(JSON.stringify({ event: "mail", kind, to, token: shown }));
    return Promise.resolve();
  },
});
