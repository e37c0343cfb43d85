import { checkDone, dataOf, type Http } from "./answer.ts";
import type { components } from "./openapi.gen.ts";

export type User = components["schemas"]["User"];
export type Session = components["schemas"]["Session"];

/** The account of the user whose session this is. An API key has none, and is refused as `forbidden`. */
export class Account {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  async get(): Promise<User> {
    return dataOf(await this.#http.GET("/v1/auth/me"));
  }

  /** Where the user is signed in, newest first; `current` is the session that asks. */
  async sessions(): Promise<{ sessions: Session[]; current: string }> {
    return dataOf(await this.#http.GET("/v1/auth/sessions"));
  }

  /** Ends one of the user's sessions. */
  async endSession(sessionId: string): Promise<void> {
    checkDone(await this.#http.DELETE("/v1/auth/sessions/{sessionId}", { params: { path: { sessionId } } }));
  }

  /** Ends this session, or with `all` every one of the user's. */
  async logOut({ all = false }: { all?: boolean } = {}): Promise<void> {
    checkDone(await this.#http.POST("/v1/auth/logout", { body: { all } }));
  }

  /** Ends all other sessions. A wrong current password counts as a failed login. */
  async changePassword(body: { readonly currentPassword: string; readonly newPassword: string }): Promise<void> {
    checkDone(await this.#http.POST("/v1/auth/change-password", { body }));
  }

  /**
   * A secret for an authenticator, shown this once; it counts when `confirmTotp` has had a code of it. Here and below a
   * wrong password or code counts as a failed login.
   */
  async enrolTotp(password: string): Promise<{ secret: string; uri: string }> {
    return dataOf(await this.#http.POST("/v1/auth/totp", { body: { password } }));
  }

  /** Ten recovery codes, each good once, shown this once. */
  async confirmTotp(code: string): Promise<string[]> {
    return dataOf(await this.#http.POST("/v1/auth/totp/confirm", { body: { code } })).recoveryCodes;
  }

  /** The password alone logs in then. */
  async disableTotp(password: string): Promise<void> {
    checkDone(await this.#http.DELETE("/v1/auth/totp", { body: { password } }));
  }

  /** Ten new ones; those before are void. */
  async renewRecoveryCodes(password: string): Promise<string[]> {
    return dataOf(await this.#http.POST("/v1/auth/totp/recovery-codes", { body: { password } })).recoveryCodes;
  }
}
