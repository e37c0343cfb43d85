import type { Session, User } from "./account.ts";
import { checkDone, dataOf, type Http, overPages } from "./answer.ts";
import type { components, operations } from "./openapi.gen.ts";

export type ListedUser = components["schemas"]["ListedUser"];
export type Invitation = operations["inviteUser"]["requestBody"]["content"]["application/json"];
export type ProfileChange = operations["updateUser"]["requestBody"]["content"]["application/json"];
export type RoleChange = operations["changeUserRole"]["requestBody"]["content"]["application/json"];

/** `q`: part of an address or name. */
export type UserFilter = Omit<NonNullable<operations["listUsers"]["parameters"]["query"]>, "limit" | "cursor">;

/** The users of the tenant. */
export class Users {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /**
   * All that pass the filter, oldest first unless sorted otherwise, page by page as they are asked for. The list follows the
   * accounts within seconds; one that is made, changed or removed may be missing or there for so long.
   */
  list(filter: UserFilter = {}): AsyncGenerator<ListedUser, void> {
    return overPages(async (cursor) => {
      const query = { ...filter, limit: 100, ...cursor };
      const { users, next } = dataOf(await this.#http.GET("/v1/users", { params: { query } }));
      return { items: users, next };
    });
  }

  /** Mails an invitation; a lost answer is asked for again under the same idempotency key. */
  async invite(body: Invitation, idempotencyKey: string = crypto.randomUUID()): Promise<User> {
    const params = { header: { "Idempotency-Key": idempotencyKey } };
    return dataOf(await this.#http.POST("/v1/users", { body, params }));
  }

  async get(userId: string): Promise<User> {
    return dataOf(await this.#http.GET("/v1/users/{userId}", { params: { path: { userId } } }));
  }

  /** What is left out stays; null takes a name away. */
  async update(userId: string, body: ProfileChange): Promise<User> {
    return dataOf(await this.#http.PUT("/v1/users/{userId}", { params: { path: { userId } }, body }));
  }

  /** Voids the password, ends all sessions, and mails a token for another one. Not sent twice by itself. */
  async resetPassword(userId: string): Promise<User> {
    return dataOf(await this.#http.POST("/v1/users/{userId}/reset-password", { params: { path: { userId } } }));
  }

  /** Permissions that are left out stay. The last admin is refused as `last_admin`, here and below. */
  async changeRole(userId: string, body: RoleChange): Promise<User> {
    return dataOf(await this.#http.PUT("/v1/users/{userId}/role", { params: { path: { userId } }, body }));
  }

  /** Ends all sessions; nobody gets in until the user is activated. This and what follows may be repeated. */
  async suspend(userId: string): Promise<User> {
    return dataOf(await this.#http.POST("/v1/users/{userId}/suspend", { params: { path: { userId } } }));
  }

  async activate(userId: string): Promise<User> {
    return dataOf(await this.#http.POST("/v1/users/{userId}/activate", { params: { path: { userId } } }));
  }

  /** Ends a lock that failed logins have led to. */
  async unlock(userId: string): Promise<User> {
    return dataOf(await this.#http.POST("/v1/users/{userId}/unlock", { params: { path: { userId } } }));
  }

  /** Where the user is signed in, newest first. */
  async sessions(userId: string): Promise<Session[]> {
    return dataOf(await this.#http.GET("/v1/users/{userId}/sessions", { params: { path: { userId } } })).sessions;
  }

  /** Ends all sessions of the user; how many there were. */
  async endSessions(userId: string): Promise<number> {
    return dataOf(await this.#http.DELETE("/v1/users/{userId}/sessions", { params: { path: { userId } } })).ended;
  }

  /** For good; address and user name are free afterwards. */
  async remove(userId: string): Promise<void> {
    checkDone(await this.#http.DELETE("/v1/users/{userId}", { params: { path: { userId } } }));
  }
}
