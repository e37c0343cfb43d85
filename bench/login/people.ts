/** Whom the logins name: accounts of every kind that somebody could tell apart, and nobody. */
import type { Connection } from "../connection.ts";
import { expectStatus } from "../job-client.ts";

export const KINDS = ["known", "unknown", "without a password", "no such tenant"] as const;
export type Kind = (typeof KINDS)[number];

/** A login of each kind that nobody has tried, as bodies with a wrong password. */
export type Newcomer = Readonly<Record<Kind, string>>;

const PASSWORD = "Correct-Horse-7-Staple";
const WRONG = "Wrong-Horse-8-Staple";

/** Makes accounts by the doors that everybody uses: admins by the bootstrap, others by an invitation of an admin. */
export class People {
  readonly #connection: Connection;
  readonly #secret: string;
  #made = 0;

  constructor(connection: Connection, bootstrapSecret: string) {
    this.#connection = connection;
    this.#secret = bootstrapSecret;
  }

  async newcomers(count: number): Promise<Newcomer[]> {
    const made: Newcomer[] = [];
    while (made.length < count) made.push(await this.#newcomer());
    return made;
  }

  async #newcomer(): Promise<Newcomer> {
    this.#made += 1;
    const tenant = `ten_login${this.#made}`;
    const founded = await this.#post("/internal/bootstrap", `Bearer ${this.#secret}`, {
      tenant,
      name: tenant,
      email: "known@example.com",
      password: PASSWORD,
    });
    // SAFETY: what the door answers with 201.
    const { apiKey } = JSON.parse(founded) as { apiKey: string };
    await this.#post("/v1/users", `Bearer ${apiKey}`, { email: "guest@example.com", role: "guest" });
    const body = (login: string, of = tenant): string => JSON.stringify({ tenant: of, login, password: WRONG });
    return {
      known: body("known@example.com"),
      unknown: body("nobody@example.com"),
      "without a password": body("guest@example.com"),
      "no such tenant": body("known@example.com", `${tenant}none`),
    };
  }

  async #post(path: string, authorization: string, body: object): Promise<string> {
    return expectStatus(await this.#connection.send("POST", path, authorization, JSON.stringify(body)), 201, path);
  }
}
