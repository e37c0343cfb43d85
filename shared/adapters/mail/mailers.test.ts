import { describe, expect, it } from "vitest";
import { MAIL_KINDS } from "../../ports/mailer.ts";
import { bindingMailer } from "./binding-mailer.ts";
import { logMailer } from "./log-mailer.ts";

const mail = { kind: "reset", to: "a@example.com", token: "aimt_reset_secret" } as const;
const FROM = "AIMA <no-reply@example.com>";

describe("mailers", () => {
  it("the log shows a token only where it may", async () => {
    const lines: string[] = [];
    await logMailer((line) => lines.push(line), true).send(mail);
    await logMailer((line) => lines.push(line), false).send(mail);
    expect(lines).toEqual([
      '{"event":"mail","kind":"reset","to":"a@example.com","token":"aimt_reset_secret"}',
      '{"event":"mail","kind":"reset","to":"a@example.com","token":"[hidden]"}',
    ]);
  });

  it("the binding is given one mail with subject, token and origin, of every kind", async () => {
    const sent: { from: string; to: string; subject: string; text: string }[] = [];
    const mailer = bindingMailer({ send: async (each) => sent.push(each) }, FROM, "https://aima.example");
    for (const kind of MAIL_KINDS) await mailer.send({ ...mail, kind });
    expect(new Set(sent.map(({ subject }) => subject)).size).toBe(MAIL_KINDS.length);
    for (const { from, to, text } of sent) {
      expect({ from, to }).toEqual({ from: FROM, to: "a@example.com" });
      expect(text).toContain("\naimt_reset_secret\n");
      expect(text).toContain("https://aima.example");
    }
    await mailer.send({ kind: "password-changed", to: "a@example.com", token: null });
    expect(sent.at(-1)?.text).not.toContain("null");
  });

  it("a mail that the binding does not take, or without a binding, is not sent", async () => {
    const broken = { send: () => Promise.reject(new Error("no such domain")) };
    await expect(bindingMailer(broken, FROM, "https://aima.example").send(mail)).rejects.toThrow("no such domain");
    await expect(bindingMailer(undefined, FROM, "https://aima.example").send(mail)).rejects.toThrow("EMAIL");
  });
});
