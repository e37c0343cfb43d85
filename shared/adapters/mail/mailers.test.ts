import { describe, expect, it } from "vitest";
import { MAIL_KINDS } from "../../ports/mailer.ts";
import { bindingMailer, type MailBinding } from "./binding-mailer.ts";
import { logMailer } from "./log-mailer.ts";
import { senderOf } from "./sender.ts";

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
    const sent: Parameters<MailBinding["send"]>[0][] = [];
    const mailer = bindingMailer({ send: async (each) => sent.push(each) }, FROM, "https://aima.example");
    for (const kind of MAIL_KINDS) await mailer.send({ ...mail, kind });
    expect(new Set(sent.map(({ subject }) => subject)).size).toBe(MAIL_KINDS.length);
    for (const { from, to, text } of sent) {
      expect({ from, to }).toEqual({ from: { name: "AIMA", email: "no-reply@example.com" }, to: "a@example.com" });
      expect(text).toContain("\naimt_reset_secret\n");
      expect(text).toContain("https://aima.example");
    }
    await mailer.send({ kind: "password-changed", to: "a@example.com", token: null });
    expect(sent.at(-1)?.text).not.toContain("null");
  });

  it("no line end gets into a header: neither from the setting nor from a recipient", async () => {
    const sent: unknown[] = [];
    const binding = { send: async (each: unknown) => sent.push(each) };
    const injected = "\r\nBcc: eve@example.com";
    for (const from of [`AIMA${injected} <no-reply@example.com>`, `AIMA <no-reply@example.com${injected}>`, "AIMA"]) {
      await expect(bindingMailer(binding, from, "https://aima.example").send(mail)).rejects.toThrow("MAIL_FROM");
    }
    const mailer = bindingMailer(binding, FROM, "https://aima.example");
    for (const to of [
      `a@example.com${injected}`,
      "a@example.com, eve@example.com",
      "Eve <eve@example.com>",
      "",
      "a@b\u2028c",
    ]) {
      await expect(mailer.send({ ...mail, to })).rejects.toThrow(/^The recipient is no address$/);
    }
    expect(sent).toEqual([]);
  });

  it("a sender is a name and an address, or an address alone", () => {
    expect(
      ["A B <a@example.com>", '"A, B" <a@example.com>', "a@example.com", "Ä <ä@bücher.example>"].map(senderOf),
    ).toEqual([
      { name: "A B", email: "a@example.com" },
      { name: "A, B", email: "a@example.com" },
      { name: "", email: "a@example.com" },
      { name: "Ä", email: "ä@bücher.example" },
    ]);
    const refused = [
      "",
      "a",
      "a@",
      "<a@example.com",
      "a@example.com>",
      '"A" B" <a@example.com>',
      "A\tB <a@example.com>",
      "a@example.com b@example.com",
    ];
    expect(refused.map(senderOf)).toEqual(refused.map(() => null));
  });

  it("a mail that the binding does not take, or without a binding, is not sent", async () => {
    const broken = { send: () => Promise.reject(new Error("no such domain")) };
    await expect(bindingMailer(broken, FROM, "https://aima.example").send(mail)).rejects.toThrow("no such domain");
    const talkative = { send: () => Promise.reject(new Error(`email to ${mail.to} not allowed: ${mail.token}`)) };
    const refused = await bindingMailer(talkative, FROM, "https://aima.example")
      .send(mail)
      .catch((error: unknown) => error);
    expect(refused).toEqual(new Error("The binding did not take the mail: email to [hidden] not allowed: [hidden]"));
    await expect(bindingMailer(undefined, FROM, "https://aima.example").send(mail)).rejects.toThrow("EMAIL");
  });
});
