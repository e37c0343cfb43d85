/** Mails of accounts, sent by the real Worker on workerd through the e-mail binding, which the runtime simulates. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { SECRETS } from "../support/secrets.ts";
import { type RealWorkers, startRealWorkers } from "../gateway/real-workers.ts";

const TENANT = "ten_mail1";
const INJECTED = "Grace\r\nBcc: eve@example.com\r\n\r\nAnother body";

type Mail = { readonly headers: readonly string[]; readonly text: string };

let workers: RealWorkers;
let apiKey: string;

beforeAll(async () => {
  workers = await startRealWorkers({ MAIL: "binding" });
  const founder = { email: "ada@mail.example", password: "Quiet-Harbour-41" };
  const body = { tenant: TENANT, name: INJECTED, ...founder };
  const answer = await post("/internal/bootstrap", body, SECRETS.BOOTSTRAP_SECRET);
  if (answer.status !== 201) throw new Error(`The bootstrap answered ${answer.status}`);
  ({ apiKey } = (await answer.json()) as { apiKey: string });
});
afterAll(() => workers.stop());

const post = (path: string, body: object, token?: string): Promise<Response> =>
  fetch(`${workers.origin}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });

/** The mails from this one on, as soon as one is there: they leave after the answer. */
async function mailsFrom(start: number): Promise<Mail[]> {
  await vi.waitFor(() => expect(workers.mailed.length).toBeGreaterThan(start), { timeout: 10_000 });
  return Promise.all(
    workers.mailed.slice(start).map(async (message) => {
      const [head = "", files = ""] = message.split("\n\n");
      const path = /^Text: (.+)$/m.exec(files)?.[1] ?? "";
      // The first line says that there is a mail.
      return { headers: head.split("\n").slice(1), text: await readFile(path, "utf8") };
    }),
  );
}

const tokenIn = ({ text }: Mail): string => /^aimt_\w+$/m.exec(text)?.[0] ?? "";

describe("a mail", () => {
  it("invites with a token that opens the account, and nothing that a user is called gets into its headers", async () => {
    const email = "grace@mail.example";
    expect(await (await post("/v1/users", { email, fullName: INJECTED, role: "user" }, apiKey)).json()).toMatchObject({
      email,
      fullName: INJECTED,
    });
    const [mail] = await mailsFrom(0);
    expect(mail?.headers).toEqual([
      'From: "AIMA" <no-reply@example.com>',
      `To: ${email}`,
      "Subject: You are invited to AIMA",
    ]);
    expect(mail?.text).not.toContain("eve@example.com");
    const token = tokenIn(mail ?? { headers: [], text: "" });
    const accepted = await post("/v1/auth/accept-invitation", { token, password: "Quiet-Lantern-42" });
    expect([accepted.status, ((await accepted.json()) as { status: string }).status]).toEqual([200, "active"]);
    expect((await post("/v1/auth/login", { tenant: TENANT, login: email, password: "Quiet-Lantern-42" })).status).toBe(
      200,
    );
  });

  it("resets a password, and another one says so; no token is in the log", async () => {
    const start = workers.mailed.length;
    expect((await post("/v1/auth/request-password-reset", { tenant: TENANT, email: "ada@mail.example" })).status).toBe(
      202,
    );
    const [mail] = await mailsFrom(start);
    const token = tokenIn(mail ?? { headers: [], text: "" });
    expect((await post("/v1/auth/reset-password", { token, password: "Quiet-Lantern-43" })).status).toBe(204);
    const [told] = await mailsFrom(start + 1);
    expect(told?.headers).toEqual([
      'From: "AIMA" <no-reply@example.com>',
      "To: ada@mail.example",
      "Subject: Your password was changed",
    ]);
    expect(tokenIn(told ?? { headers: [], text: "" })).toBe("");
    expect(workers.logged.join("\n")).not.toContain("aimt_");
    expect(workers.faults).toEqual([]);
  });

  it.each(["a@example.com\r\nBcc: eve@example.com", "a@example.com, eve@example.com", "Eve <eve@example.com>"])(
    "goes to one address: %j is none",
    async (email) => {
      const start = workers.mailed.length;
      const answer = await post("/v1/users", { email, role: "user" }, apiKey);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
      expect(await answer.json()).toMatchObject({ status: 422, errors: [{ pointer: "/email" }] });
      expect(workers.mailed).toHaveLength(start);
    },
  );
});
