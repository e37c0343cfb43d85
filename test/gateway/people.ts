/** People of the first tenant who have come in by the doors that people use, and all that lets them in. */
import { readFile } from "node:fs/promises";
import { TOTP } from "otpauth";
import { vi } from "vitest";
import { parseApiKey } from "../../shared/core/access/api-key.ts";
import type { Send } from "./raw-request.ts";
import type { RealWorkers } from "./real-workers.ts";
import { adminOf, claimsOf, json, OWNER, PASSWORD, type Tenants } from "./tenants.ts";

type Person = { readonly email: string; readonly userId: string; password: string };
type Answer = Readonly<Record<string, unknown>>;

export class People {
  /** By what each of them is. */
  readonly secrets = new Map<string, string>([["password of the admins", PASSWORD]]);
  readonly #workers: RealWorkers;
  readonly #send: Send;
  readonly #tenants: Tenants;

  constructor(workers: RealWorkers, send: Send, tenants: Tenants) {
    this.#workers = workers;
    this.#send = send;
    this.#tenants = tenants;
    for (const [name, key] of Object.entries(tenants.keys))
      this.secrets.set(`API key ${name}`, parseApiKey(key)?.secret ?? "");
  }

  /** Invited, and come in by the token of the mail. */
  async join(name: string, role: "guest" | "user"): Promise<Person> {
    const email = `${name}@owner1.example`;
    const { id } = await this.asAdmin("POST", "/v1/users", { email, role });
    const token = await this.#mailedTo(email, "You are invited to AIMA");
    const password = this.#password(name);
    await json(this.#send, "/v1/auth/accept-invitation", { token, password });
    return { email, userId: String(id), password };
  }

  /** Whose account the bootstrap has made. */
  get admin(): Person {
    return { email: adminOf(OWNER), userId: "", password: PASSWORD };
  }

  /** Opens a session; what it is proven and renewed by counts as secret. */
  async logIn({ email, password }: Person, more: object = {}): Promise<Answer & { readonly accessToken: string }> {
    const body = { tenant: OWNER, login: email, password, ...more };
    return this.#opened(email, await json(this.#send, "/v1/auth/login", body));
  }

  /** By the key of the tenant that may do everything. */
  asAdmin(method: string, path: string, body: object | null = null): Promise<Answer> {
    return this.as(this.#tenants.keys.admin, method, path, body);
  }

  /** The answer, which has to be a success. */
  async as(credential: string, method: string, path: string, body: object | null = null): Promise<Answer> {
    const authorization = `Bearer ${credential}`;
    const answer = await this.#send({
      method,
      path,
      headers: { authorization, ...(body === null ? {} : { "content-type": "application/json" }) },
      body: body === null ? null : JSON.stringify(body),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`);
    return answer.body === "" ? {} : (JSON.parse(answer.body) as Answer);
  }

  /** The token of the mail with this subject to an address; it leaves after the answer. */
  async #mailedTo(email: string, subject: string): Promise<string> {
    const mail = await vi.waitFor(
      () => {
        const found = this.#workers.mailed.find(
          (message) => message.includes(`To: ${email}`) && message.includes(subject),
        );
        if (found === undefined) throw new Error(`no mail to ${email} yet`);
        return found;
      },
      { timeout: 10_000 },
    );
    const text = await readFile(/^Text: (.+)$/m.exec(mail)?.[1] ?? "", "utf8");
    const token = /^aimt_\w+$/m.exec(text)?.[0] ?? "";
    const [, purpose = "", , , secret = ""] = token.split("_");
    this.secrets.set(`token to ${purpose} ${email}`, secret);
    return token;
  }

  /** An API key with every permission; its secret. */
  async key(name: string): Promise<{ readonly id: string; readonly secret: string }> {
    return this.#issued(name, await this.asAdmin("POST", "/v1/api-keys", { name, permissions: ["*"] }));
  }

  async roll(id: string): Promise<void> {
    this.#issued(`rolled ${id}`, await this.asAdmin("POST", `/v1/api-keys/${id}/roll`, { graceSeconds: 0 }));
  }

  /** Everything that an account can be let in by, made, used and replaced. */
  async useEverything(): Promise<void> {
    const person = await this.join("vault", "user");
    const first = await this.logIn(person);
    const next = await json(this.#send, "/v1/auth/refresh", { refreshToken: first["refreshToken"] });
    const { accessToken } = this.#opened("vault, refreshed", next);
    const { secret } = await this.as(accessToken, "POST", "/v1/auth/totp", { password: person.password });
    this.secrets.set("secret of an authenticator", String(secret));
    const code = new TOTP({ secret: String(secret) }).generate();
    const confirmed = await this.as(accessToken, "POST", "/v1/auth/totp/confirm", { code });
    const [recoveryCode = ""] = this.#codes("first", confirmed);
    await this.logIn(person, { recoveryCode });
    const newPassword = this.#password("vault, changed");
    const change = { currentPassword: person.password, newPassword };
    await this.as(accessToken, "POST", "/v1/auth/change-password", change);
    const again = { password: newPassword };
    this.#codes("second", await this.as(accessToken, "POST", "/v1/auth/totp/recovery-codes", again));
    await json(this.#send, "/v1/auth/request-password-reset", { tenant: OWNER, email: person.email });
    const token = await this.#mailedTo(person.email, "Choose a new password");
    await json(this.#send, "/v1/auth/reset-password", { token, password: this.#password("vault, reset") });
  }

  #codes(which: string, { recoveryCodes }: Answer): readonly string[] {
    // SAFETY: the document says so.
    const codes = recoveryCodes as readonly string[];
    for (const [at, code] of codes.entries()) this.secrets.set(`${which} recovery code ${at + 1}`, code);
    return codes;
  }

  #password(who: string): string {
    const password = `Lantern-${crypto.randomUUID()}-Xy7!`;
    this.secrets.set(`password of ${who}`, password);
    return password;
  }

  #issued(name: string, issued: Answer): { readonly id: string; readonly secret: string } {
    const [id, secret] = [String(issued["id"]), String(issued["secret"])];
    this.secrets.set(`API key ${name}`, parseApiKey(secret)?.secret ?? "");
    return { id, secret };
  }

  #opened(who: string, session: Answer): Answer & { readonly accessToken: string } {
    const accessToken = String(session["accessToken"]);
    const sessionId = String(claimsOf(accessToken)["sid"]);
    this.secrets.set(`access token of ${who}, ${sessionId}`, accessToken.split(".")[2] ?? "");
    const refresh = String(session["refreshToken"]).split("_");
    this.secrets.set(`refresh token of ${who}, ${sessionId}`, refresh.at(-2) ?? "");
    return { ...session, accessToken };
  }
}
